/** What results of authentication mean for where a letter goes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Authenticated } from '#mail/authentication'
import { judge } from '#mail/findings'
import type { Letter } from '../check.ts'
import { checkAuthentication } from './authentication.ts'

const NOTHING: Authenticated = {
  results: '',
  spf: { result: 'none', domain: 'example.org' },
  dkim: [],
  dmarc: { result: 'none', domain: 'example.org', policy: 'none' },
  arc: { result: 'none', sealer: undefined },
  iprev: 'pass',
  isExcessive: false,
  indicator: undefined,
}
const failed = (policy: string): Partial<Authenticated> => ({
  dmarc: { result: 'fail', domain: 'example.org', policy },
})

const CASES: readonly [what: string, found: Partial<Authenticated> | undefined, names: string[], place: string][] = [
  ['says nothing', {}, ['unauthenticated'], 'inbox'],
  ['could not be authenticated in time', undefined, ['authenticationUnknown'], 'inbox'],
  ['fails where its domain asks for nothing', failed('none'), ['dmarcFail'], 'inbox'],
  ['fails where its domain asks for quarantine', failed('quarantine'), ['dmarcQuarantine'], 'junk'],
  ['fails where its domain asks for rejection', failed('reject'), ['dmarcReject'], 'junk'],
  ['fails with a policy that is none', failed('toString'), ['dmarcFail'], 'inbox'],
  [
    'fails, and a forwarder that is trusted vouches for it',
    { ...failed('reject'), arc: { result: 'pass', sealer: 'Lists.Example' } },
    ['dmarcReject', 'arcTrusted'],
    'inbox',
  ],
  [
    'fails, and a forwarder that nobody trusts vouches for it',
    { ...failed('reject'), arc: { result: 'pass', sealer: 'evil.example' } },
    ['dmarcReject'],
    'junk',
  ],
  [
    'fails, and the seal of the trusted forwarder is broken',
    { ...failed('reject'), arc: { result: 'fail', sealer: 'lists.example' } },
    ['dmarcReject'],
    'junk',
  ],
]
for (const [what, found, names, place] of CASES)
  test(`a letter that ${what} goes to ${place}`, () => {
    const origin = found === undefined ? undefined : { authenticated: { ...NOTHING, ...found }, listedBy: [] }
    const findings = checkAuthentication({ origin } as Partial<Letter> as Letter, { trustedSealers: ['lists.example'] })
    assert.deepEqual(
      findings.map(({ name }) => name),
      names,
    )
    assert.equal(judge(findings).place, place)
  })
