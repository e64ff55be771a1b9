/** What results of authentication mean for where a letter goes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authenticated } from '#mail/authentication'
import { judge } from '#mail/findings'
import type { Letter } from '../check.ts'
import { checkAuthentication } from './authentication.ts'

const ASKED = { policyDomain: 'example.org', asksForReports: false, isDkimAligned: false, isSpfAligned: false }
const NOTHING: Authenticated = {
  results: '',
  spf: { result: 'none', domain: 'example.org' },
  dkim: [],
  dmarc: { ...ASKED, result: 'none', domain: 'example.org', policy: 'none' },
  arc: { result: 'none', sealers: [] },
  iprev: 'pass',
  isExcessive: false,
  indicator: undefined,
}
const failed = (policy: string): Partial<Authenticated> => ({
  dmarc: { ...ASKED, result: 'fail', domain: 'example.org', policy },
})

const CASES: readonly [what: string, found: Partial<Authenticated> | undefined, names: string[], place: string][] = [
  ['says nothing', {}, ['unauthenticated'], 'inbox'],
  ['could not be authenticated in time', undefined, ['authenticationUnknown'], 'inbox'],
  ['fails where its domain asks for nothing', failed('none'), ['dmarcFail'], 'inbox'],
  ['fails where its domain asks for quarantine', failed('quarantine'), ['dmarcQuarantine'], 'junk'],
  ['fails where its domain asks for rejection', failed('reject'), ['dmarcReject'], 'junk'],
  ['fails with a policy that is none', failed('toString'), ['dmarcFail'], 'inbox'],
  ...(
    [
      ['a forwarder that is trusted vouches for it', [['lists.example', 'pass']], true],
      ['a forwarder that nobody trusts vouches for it', [['evil.example', 'pass']], false],
      ['a forwarder that is trusted found it forged', [['lists.example', 'fail']], false],
      ['a forwarder that is trusted did not ask', [['lists.example', '']], false],
      [
        'two that are trusted passed it on, and the first vouches for it',
        [
          ['lists.example', 'fail'],
          ['college.example', 'pass'],
        ],
        true,
      ],
      [
        'one that nobody trusts had it after the one that vouches',
        [
          ['evil.example', 'fail'],
          ['lists.example', 'pass'],
        ],
        false,
      ],
      [
        'one that is trusted had it from one that nobody trusts',
        [
          ['lists.example', 'fail'],
          ['evil.example', 'pass'],
        ],
        false,
      ],
      ['the seals are broken', [], false],
    ] as [string, [domain: string, dmarc: string][], boolean][]
  ).map(([what, sealers, isBelieved]): (typeof CASES)[number] => [
    `fails, and ${what}`,
    {
      ...failed('reject'),
      arc: {
        result: sealers.length > 0 ? 'pass' : 'fail',
        sealers: sealers.map(([domain, dmarc]) => ({ domain, dmarc })),
      },
    },
    isBelieved ? ['dmarcReject', 'arcTrusted'] : ['dmarcReject'],
    isBelieved ? 'inbox' : 'junk',
  ]),
]
for (const [what, found, names, place] of CASES)
  test(`a letter that ${what} goes to ${place}`, () => {
    const origin = found === undefined ? undefined : { authenticated: { ...NOTHING, ...found }, listedBy: [] }
    const findings = checkAuthentication({ origin } as Partial<Letter> as Letter, {
      trustedSealers: ['lists.example', 'college.example'],
    })
    assert.deepEqual(
      findings.map(({ name }) => name),
      names,
    )
    assert.equal(judge(findings).place, place)
  })
