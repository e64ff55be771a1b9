/** SPF as RFC 7208 has it: a table of its sections, asked of a name server of the test. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startNameServer, type Zone } from '#test/name-server'
import { authenticate, openLookUp } from './index.ts'

const CLIENT = '192.0.2.65'
const CLIENT6 = '2001:db8::cb01'

const zone: Zone = {
  'host.example': { A: [CLIENT], AAAA: [CLIENT6] },
  'near.example': { A: ['192.0.2.1'] },
  'mail.example': { MX: [{ exchange: 'host.example', preference: 10 }] },
  'many-mx.example': {
    MX: Array.from({ length: 11 }, (_, i) => ({ exchange: `mx${i}.example`, preference: i })),
  },
  'passes.example': { TXT: [`v=spf1 ip4:${CLIENT} -all`] },
  'fails.example': { TXT: ['v=spf1 -all'] },
  'broken.example': { TXT: ['v=spf1 ip4:999.0.2.1 -all'] },
  'silent.example': 'SERVFAIL',
  '65.2.0.192.in-addr.arpa': { PTR: ['host.example'] },
  // §7.4, with the addresses of the examples.
  '65.2.0.192.in-addr._spf.example.com': { A: ['127.0.0.2'] },
  'strong-bad.lp._spf.email.example.com': { A: ['127.0.0.2'] },
  'bad.strong.lp.65.2.0.192.in-addr._spf.example.com': { A: ['127.0.0.2'] },
}

interface Case {
  what: string
  record: string | string[]
  result: string
  client?: string
  local?: string
}

const CASES: readonly Case[] = [
  { what: '§4.5 no record of this version', record: 'v=spf10 -all', result: 'none' },
  { what: '§4.5 the version alone', record: 'v=spf1', result: 'neutral' },
  { what: '§4.5 two records', record: ['v=spf1 +all', 'v=spf1 -all'], result: 'permerror' },
  { what: '§4.5 another text beside it', record: ['owner=somebody', 'v=spf1 -all'], result: 'fail' },
  { what: '§4.6 an unknown mechanism', record: 'v=spf1 ip5:1.2.3.4 +all', result: 'permerror' },
  { what: '§4.6 an error behind what matches', record: 'v=spf1 +all ip4:', result: 'permerror' },
  { what: '§4.6.1 names in capitals', record: 'V=SPF1 IP4:192.0.2.65 -ALL', result: 'pass' },
  { what: '§4.6.2 softfail', record: 'v=spf1 ~all', result: 'softfail' },
  { what: '§4.6.2 neutral', record: 'v=spf1 ?all', result: 'neutral' },
  { what: '§4.6.2 the first that matches', record: 'v=spf1 ?ip4:192.0.2.65 -all', result: 'neutral' },
  {
    what: '§4.6.4 three names that are not there',
    record: 'v=spf1 a:x.none.example a:y.none.example a:z.none.example +all',
    result: 'permerror',
  },
  { what: '§4.7 nothing matches', record: 'v=spf1 ip4:198.51.100.1', result: 'neutral' },
  { what: '§5.1 nothing after all counts', record: 'v=spf1 -all ip4:192.0.2.65', result: 'fail' },
  { what: '§5.2 include of what passes', record: 'v=spf1 include:passes.example -all', result: 'pass' },
  { what: '§5.2 include of what fails is no match', record: 'v=spf1 include:fails.example ~all', result: 'softfail' },
  { what: '§5.2 include of what has no record', record: 'v=spf1 include:near.example +all', result: 'permerror' },
  { what: '§5.2 include of what is broken', record: 'v=spf1 include:broken.example +all', result: 'permerror' },
  { what: '§5.2 include of what does not answer', record: 'v=spf1 include:silent.example -all', result: 'temperror' },
  { what: '§5.3 a', record: 'v=spf1 a:host.example -all', result: 'pass' },
  { what: '§5.3 a over IPv6', record: 'v=spf1 a:host.example -all', client: CLIENT6, result: 'pass' },
  { what: '§5.3 a with a prefix', record: 'v=spf1 a:near.example/24 -all', result: 'pass' },
  { what: '§5.3 a without it', record: 'v=spf1 a:near.example -all', result: 'fail' },
  { what: '§5.3 a prefix that is none', record: 'v=spf1 a:near.example/33 -all', result: 'permerror' },
  { what: '§5.4 mx', record: 'v=spf1 mx:mail.example -all', result: 'pass' },
  { what: '§4.6.4 more than ten names of mx', record: 'v=spf1 mx:many-mx.example -all', result: 'permerror' },
  { what: '§5.5 ptr', record: 'v=spf1 ptr:host.example -all', result: 'pass' },
  { what: '§5.5 ptr of another', record: 'v=spf1 ptr:other.example -all', result: 'fail' },
  { what: '§5.6 ip4 with a prefix', record: 'v=spf1 ip4:192.0.2.64/28 -all', result: 'pass' },
  { what: '§5.6 ip4 beyond it', record: 'v=spf1 ip4:192.0.2.80/28 -all', result: 'fail' },
  { what: '§5.6 ip6 with a prefix', record: 'v=spf1 ip6:2001:db8::/32 -all', client: CLIENT6, result: 'pass' },
  { what: '§5.6 ip4 says nothing of IPv6', record: 'v=spf1 ip4:0.0.0.0/0 -all', client: CLIENT6, result: 'fail' },
  {
    what: '§5 an IPv4 address written in IPv6',
    record: 'v=spf1 ip4:192.0.2.65 -all',
    client: '::ffff:192.0.2.65',
    result: 'pass',
  },
  { what: '§5.7 and §7.4 %{ir}.%{v}', record: 'v=spf1 exists:%{ir}.%{v}._spf.example.com -all', result: 'pass' },
  {
    what: '§7.4 %{l}',
    record: 'v=spf1 exists:%{l}.lp._spf.email.example.com -all',
    local: 'strong-bad',
    result: 'pass',
  },
  {
    what: '§7.4 %{lr-}',
    record: 'v=spf1 exists:%{lr-}.lp.%{ir}.%{v}._spf.example.com -all',
    local: 'strong-bad',
    result: 'pass',
  },
  { what: '§7.1 a macro that is none', record: 'v=spf1 exists:%{q}.example -all', result: 'permerror' },
  { what: '§7.3 a percent sign alone', record: 'v=spf1 exists:100%.example -all', result: 'permerror' },
  { what: '§6 an unknown modifier', record: 'v=spf1 moo=cow -all', result: 'fail' },
  { what: '§6.1 redirect', record: 'v=spf1 redirect=passes.example', result: 'pass' },
  { what: '§6.1 redirect beside all', record: 'v=spf1 redirect=passes.example -all', result: 'fail' },
  { what: '§6.1 redirect to what has no record', record: 'v=spf1 redirect=near.example', result: 'permerror' },
  { what: '§6.1 two redirects', record: 'v=spf1 redirect=passes.example redirect=passes.example', result: 'permerror' },
  { what: '§6 exp says nothing of the result', record: 'v=spf1 exp=why.example -all', result: 'fail' },
]
for (const [i, { record }] of CASES.entries())
  zone[`case${i}.example`] = { TXT: Array.isArray(record) ? record : [record] }
const names = await startNameServer({ after }, zone)
const lookUps = openLookUp([names.address])

for (const [i, { what, client = CLIENT, local = 'bea', result }] of CASES.entries())
  test(`${what}: ${result}`, async () => {
    const domain = `case${i}.example`
    const { spf } = await authenticate(
      Buffer.from(`From: ${local}@${domain}\r\n\r\nRed ones.\r\n`),
      { clientAddress: client, heloName: 'host.example', mailFrom: `${local}@${domain}` },
      'zegel.test',
      lookUps.forLetter(),
    )
    assert.equal(spf.result, result)
  })

const SENDERS: [what: string, mailFrom: string, heloName: string, result: string][] = [
  ['§2.4 of the null sender: the HELO name is asked', '', 'passes.example', 'pass'],
  ['§2.3 whose HELO is an address', '', '[192.0.2.65]', 'none'],
  ['§4.3 whose domain is one label', 'bea@localhost', 'localhost', 'none'],
  ['§4.3 whose domain has an empty label', 'bea@a..example', 'host.example', 'none'],
]
for (const [what, mailFrom, heloName, result] of SENDERS)
  test(`a letter ${what}: ${result}`, async () => {
    const { spf } = await authenticate(
      Buffer.from('From: bea@passes.example\r\n\r\nRed ones.\r\n'),
      { clientAddress: CLIENT, heloName, mailFrom },
      'zegel.test',
      lookUps.forLetter(),
    )
    assert.equal(spf.result, result)
  })
