import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startNameServer } from '#test/name-server'
import { openDns, reverseName, splitHostAndPort } from './dns.ts'

const server = await startNameServer(
  { after },
  {
    'example.org': {
      MX: [
        { exchange: 'Second.example.org', preference: 20 },
        { exchange: 'first.example.org', preference: 10 },
      ],
    },
    'plain.example': { A: ['192.0.2.1'] },
    'null.example': { MX: [{ exchange: '.', preference: 0 }] },
    'empty.example': {},
    'both.example': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] },
    'many.example': { A: Array.from({ length: 20 }, (_, i) => `192.0.2.${i + 1}`) },
    'broken.example': 'SERVFAIL',
    'shut.example': 'REFUSED',
    'silent.example': 'silent',
    'garbage.example': 'garbage',
  },
)
const dns = openDns({ dns: { servers: [server.address] } }, 200)

test('exchangers come in the order of their preference, their names in lower case', async () => {
  assert.deepEqual(await dns.mailExchangers('example.org'), [
    { name: 'first.example.org', preference: 10 },
    { name: 'second.example.org', preference: 20 },
  ])
})

test('a domain without MX is its own exchanger (RFC 5321 §5.1)', async () => {
  assert.deepEqual(await dns.mailExchangers('plain.example'), [{ name: 'plain.example', preference: 0 }])
})

test('a domain with a null MX takes no mail (RFC 7505)', async () => {
  assert.deepEqual(await dns.mailExchangers('null.example'), [])
})

test('both families of addresses are tried in turn', async () => {
  const addresses = await dns.addresses('both.example')
  assert.equal(addresses[0], '2001:db8::1')
  assert.deepEqual(addresses.slice(1).toSorted(), ['192.0.2.1', '192.0.2.2'])
  assert.deepEqual(await dns.addresses('192.0.2.7'), ['192.0.2.7'])
})

test('no more than eight addresses of a host are looked at', async () => {
  assert.equal((await dns.addresses('many.example')).length, 8)
})

const failures: Record<string, 'absent' | 'silent'> = {
  'nowhere.example': 'absent',
  'broken.example': 'silent',
  'shut.example': 'silent',
  'silent.example': 'silent',
  'garbage.example': 'silent',
}
for (const [name, kind] of Object.entries(failures))
  test(`${name} is ${kind}, asked for exchangers and for addresses`, async () => {
    await assert.rejects(dns.mailExchangers(name), { name: 'DnsError', kind })
    await assert.rejects(dns.addresses(name), { name: 'DnsError', kind })
  })

test('a name without addresses is absent', async () => {
  await assert.rejects(dns.addresses('empty.example'), { kind: 'absent' })
})

test('when no name server answers, asking later may help', async () => {
  const nobody = openDns({ dns: { servers: ['127.0.0.1:9'] } }, 200)
  await assert.rejects(nobody.mailExchangers('example.org'), { kind: 'silent' })
})

test('a host and its port are told apart, also when the host is an IPv6 address', () => {
  assert.deepEqual(splitHostAndPort('mail.example.org:25'), { host: 'mail.example.org', port: 25 })
  assert.deepEqual(splitHostAndPort('[2001:db8::1]:2525'), { host: '2001:db8::1', port: 2525 })
})

test('records are given as a zone file has their values', async (t) => {
  const names = await startNameServer(t, {
    '_25._tcp.mail.example': {
      TLSA: [{ usage: 3, selector: 1, matchingType: 1, certificate: Buffer.from('ab12', 'hex') }],
    },
    'mail.example': {
      MX: [
        { exchange: 'B.example', preference: 20 },
        { exchange: 'a.example', preference: 10 },
      ],
      CAA: [{ flags: 128, tag: 'issue', value: 'ca.example; x=1' }],
      SRV: [{ priority: 0, weight: 1, port: 993, target: 'Mail.Example' }],
    },
    'www.mail.example': { CNAME: 'Mail.example' },
  })
  const dns = openDns({ dns: { servers: [names.address] } }, 500)
  assert.deepEqual(await dns.records('_25._tcp.mail.example', 'TLSA'), ['3 1 1 ab12'])
  assert.deepEqual(await dns.records('mail.example', 'MX'), ['10 a.example', '20 b.example'])
  assert.deepEqual(await dns.records('mail.example', 'CAA'), ['128 issue "ca.example; x=1"'])
  assert.deepEqual(await dns.records('mail.example', 'SRV'), ['0 1 993 mail.example'])
  assert.deepEqual(await dns.records('www.mail.example', 'CNAME'), ['mail.example'])
  assert.deepEqual(await dns.records('www.mail.example', 'MX'), ['10 a.example', '20 b.example'])
  assert.deepEqual(await dns.records('mail.example', 'PTR'), [])
  assert.deepEqual(await dns.records('nowhere.example', 'A'), [])
})

const REVERSE: [address: string, name: string][] = [
  ['192.0.2.65', '65.2.0.192.in-addr.arpa'],
  ['2001:DB8::cb01', '1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa'],
  ['::1', `1.${'0.'.repeat(31)}ip6.arpa`],
  ['1:2:3:4:5:6:7:8', '8.0.0.0.7.0.0.0.6.0.0.0.5.0.0.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.ip6.arpa'],
]
for (const [address, name] of REVERSE)
  test(`the name of ${address} is looked for under its own digits`, () => {
    assert.equal(reverseName(address), name)
  })
