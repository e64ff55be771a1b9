import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { after, test, type TestContext } from 'node:test'
import { AUTHENTIC_DATA, decode, encode, TRUNCATED_RESPONSE, type Answer, type Packet } from 'dns-packet'
import { startNetwork } from '#test/network/start'
import { DnsError } from './dns.ts'
import { openSecureDns } from './secure-dns.ts'

const CERTIFICATE = 'ab'.repeat(32)
const network = await startNetwork(
  { after },
  {
    'good.example': {
      records: [
        '@ MX 20 second',
        '@ MX 10 First',
        '@ TXT "one" " two"',
        'first A 127.0.0.5',
        'alias CNAME first',
        'far CNAME host.plain.example.',
        `_25._tcp.first TLSA 3 1 1 ${CERTIFICATE}`,
        ...Array.from(
          { length: 40 },
          (_, i) => `_25._tcp.many TLSA 3 1 2 ${String(i).padStart(2, '0')}${'c'.repeat(126)}`,
        ),
      ],
    },
    'null.example': { records: ['@ MX 0 .'] },
    'plain.example': { is: 'unsigned', records: ['@ MX 10 host', 'host A 127.0.0.6'] },
    'forged.example': { is: 'bogus', records: ['@ MX 10 host', 'host A 127.0.0.7'] },
  },
)
const dns = openSecureDns({ dns: { servers: [network.resolver] } })

test('what a signed zone says is secure, and so is that it says nothing', async () => {
  assert.deepEqual(await dns.mailExchangers('good.example'), {
    exchangers: [
      { name: 'first.good.example', preference: 10 },
      { name: 'second.good.example', preference: 20 },
    ],
    isSecure: true,
    name: 'good.example',
  })
  assert.deepEqual(await dns.addresses('first.good.example'), {
    addresses: ['127.0.0.5'],
    isSecure: true,
    name: 'first.good.example',
  })
  assert.deepEqual(await dns.ask('TLSA', '_25._tcp.First.good.example.'), {
    found: [{ usage: 3, selector: 1, matchingType: 1, data: Buffer.from(CERTIFICATE, 'hex') }],
    isName: true,
    isSecure: true,
    name: '_25._tcp.first.good.example',
  })
  assert.deepEqual((await dns.ask('TXT', 'good.example')).found, ['one two'])
  const { found, isName, isSecure } = await dns.ask('TLSA', '_25._tcp.nobody.good.example')
  assert.deepEqual([found, isName, isSecure], [[], false, true])
  assert.deepEqual((await dns.mailExchangers('null.example')).exchangers, [])
})

test('aliases are followed; one that leads out of what is proven makes the whole unproven', async () => {
  assert.deepEqual(await dns.addresses('alias.good.example'), {
    addresses: ['127.0.0.5'],
    isSecure: true,
    name: 'first.good.example',
  })
  const far = await dns.addresses('far.good.example')
  assert.deepEqual([far.addresses, far.isSecure, far.name], [['127.0.0.6'], false, 'host.plain.example'])
  const alias = await dns.ask('CNAME', 'far.good.example')
  assert.deepEqual([alias.found, alias.isSecure], [['host.plain.example'], true])
})

test('what an unsigned zone says is heard and not secure; what is forged is as if nobody answered', async () => {
  const { exchangers, isSecure } = await dns.mailExchangers('plain.example')
  assert.deepEqual([exchangers, isSecure], [[{ name: 'host.plain.example', preference: 10 }], false])
  for (const asked of [dns.mailExchangers('forged.example'), dns.addresses('host.forged.example')])
    await assert.rejects(asked, (error) => error instanceof DnsError && error.kind === 'silent')
})

test('an answer that is too long for one packet is asked for again over TCP', async () => {
  const { found, isSecure } = await dns.ask('TLSA', '_25._tcp.many.good.example')
  assert.deepEqual([found.length, isSecure], [40, true])
})

test('without a validating resolver nothing is secure, whatever it says', async () => {
  const distrustful = openSecureDns({ dns: { servers: [network.resolver], validates: false } })
  assert.equal(distrustful.isValidating, false)
  assert.equal((await distrustful.mailExchangers('good.example')).isSecure, false)
})

const trusted: Record<string, [servers: string[], validates: boolean | undefined, isValidating: boolean]> = {
  'on this machine': [['127.0.0.1', '[::1]:5300', '::1'], undefined, true],
  'in a container, where Docker hands on what others say': [['127.0.0.11'], undefined, false],
  'one of them elsewhere': [['127.0.0.1', '192.0.2.1'], undefined, false],
  'elsewhere, over a path the operator trusts': [['192.0.2.1:53'], true, true],
}
for (const [where, [servers, validates, isValidating]] of Object.entries(trusted))
  test(`resolvers ${where}: ${isValidating ? '' : 'not '}believed`, () => {
    const config = { dns: { servers, ...(validates === undefined ? {} : { validates }) } }
    assert.equal(openSecureDns(config).isValidating, isValidating)
  })

/** A server that answers each question, in packets and in streams, with what `forge` makes of the true answer. */
async function lying(
  t: TestContext,
  forge: (truth: Packet) => (Packet | Buffer)[],
  isStreamSilent = false,
): Promise<string> {
  const truthOf = (bytes: Buffer): Packet => {
    const { id, questions = [] } = decode(bytes)
    const { name = '' } = questions[0] ?? {}
    const answers: Answer[] = [{ name, type: 'A', ttl: 0, data: '127.0.0.9' }]
    return { type: 'response', id: id as number, flags: AUTHENTIC_DATA, questions, answers }
  }
  const bytesOf = (packet: Packet | Buffer): Buffer => (Buffer.isBuffer(packet) ? packet : encode(packet))
  const streams = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      if (isStreamSilent) return
      const answer = bytesOf(forge(truthOf(bytes.subarray(2)))[0] as Packet)
      socket.write(Buffer.concat([Buffer.from([answer.length >> 8, answer.length & 255]), answer]))
    })
    t.after(() => void socket.destroy())
  }).listen(0, '127.0.0.1')
  await once(streams, 'listening')
  t.after(() => void streams.close())
  const { port } = streams.address() as AddressInfo
  const packets = createSocket('udp4')
  packets.on('message', (bytes, from) => {
    for (const packet of forge(truthOf(bytes))) packets.send(bytesOf(packet), from.port, from.address)
  })
  packets.bind(port, '127.0.0.1')
  await once(packets, 'listening')
  t.after(() => void packets.close())
  return `127.0.0.1:${port}`
}

const elsewhere: Answer[] = [{ name: 'other.example', type: 'A', ttl: 0, data: '127.0.0.66' }]
const hostile: Record<string, (truth: Packet) => (Packet | Buffer)[]> = {
  'another id': (truth) => [{ ...truth, id: ((truth.id ?? 0) + 1) % 65536 }],
  'an answer to another question': (truth) => [{ ...truth, questions: [{ type: 'A', name: 'other.example' }] }],
  'an answer to another type': (truth) => [{ ...truth, questions: [{ type: 'TXT', name: 'host.example' }] }],
  'two questions in one': (truth) => [
    { ...truth, questions: [...(truth.questions ?? []), { type: 'A', name: 'other.example' }] },
  ],
  'a question in place of an answer': (truth) => [{ ...truth, type: 'query' }],
  'no packet at all': () => [Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
  nothing: () => [],
  'an empty packet': () => [Buffer.alloc(0)],
  'aliases in a circle': (truth) => [
    {
      ...truth,
      answers: [
        { name: 'host.example', type: 'CNAME', ttl: 0, data: 'b.example' },
        { name: 'b.example', type: 'CNAME', ttl: 0, data: 'host.example' },
      ],
    },
  ],
  'an answer cut off, in the stream too': (truth) => [{ ...truth, flags: TRUNCATED_RESPONSE }],
}
for (const [what, forge] of Object.entries(hostile))
  test(`hostile: ${what} is no answer`, async (t) => {
    const dns = openSecureDns({ dns: { servers: [await lying(t, forge)] } }, 150)
    await assert.rejects(dns.ask('A', 'host.example'), (error) => error instanceof DnsError && error.kind === 'silent')
  })

test('hostile: a stream that is opened and says nothing', async (t) => {
  const server = await lying(t, (truth) => [{ ...truth, flags: TRUNCATED_RESPONSE }], true)
  await assert.rejects(openSecureDns({ dns: { servers: [server] } }, 150).ask('A', 'host.example'), DnsError)
})

test('hostile: guesses that come before the true answer are passed over', async (t) => {
  const server = await lying(t, (truth) => [
    { ...truth, id: ((truth.id ?? 0) + 1) % 65536, answers: elsewhere },
    { ...truth, questions: [{ type: 'A', name: 'other.example' }], answers: elsewhere },
    truth,
  ])
  assert.deepEqual((await openSecureDns({ dns: { servers: [server] } }).ask('A', 'host.example')).found, ['127.0.0.9'])
})

test('hostile: records of names that were not asked for are left out', async (t) => {
  const server = await lying(t, (truth) => [{ ...truth, answers: elsewhere }])
  assert.deepEqual((await openSecureDns({ dns: { servers: [server] } }).ask('A', 'host.example')).found, [])
})

for (const name of ['', 'a..example', `${'a'.repeat(64)}.example`, 'a b.example', `${'abc.'.repeat(70)}example`])
  test(`a name that cannot be asked for is nowhere: ${JSON.stringify(name.slice(0, 20))}`, async () => {
    assert.deepEqual((await dns.ask('A', name)).isSecure, false)
    await assert.rejects(dns.addresses(name), (error) => error instanceof DnsError && error.kind === 'absent')
  })
