import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { test } from 'node:test'
import { AUTHENTIC_DATA, decode, encode, type RecordType } from 'dns-packet'
import { startNetwork } from './start.ts'

/** What the resolver says: its code, whether it vouches for it, and what was found. */
async function ask(server: string, type: RecordType, name: string): Promise<[string, boolean, unknown[]]> {
  const [host, port] = server.split(':') as [string, string]
  const socket = createSocket('udp4')
  socket.send(
    encode({ type: 'query', id: 7, flags: 0x0100 | AUTHENTIC_DATA, questions: [{ type, name }] }),
    Number(port),
    host,
  )
  const [bytes] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  const { rcode, flag_ad: isProven, answers = [] } = decode(bytes) as ReturnType<typeof decode> & { rcode: string }
  return [rcode, isProven, answers.map((answer) => ('data' in answer ? answer.data : undefined))]
}

test('a network of names: proven where a zone is signed, not where it is not, and nothing at all where it is forged', async (t) => {
  const network = await startNetwork(t, {
    'good.example': { records: ['@ MX 10 mx', 'mx A 127.0.0.5'] },
    'plain.example': { is: 'unsigned', records: ['@ MX 10 mx', 'mx A 127.0.0.6'] },
    'forged.example': { is: 'bogus', records: ['mx A 127.0.0.7'] },
    'inside.test': { records: ['@ A 127.0.0.8'] },
    '0.0.127.in-addr.arpa': { is: 'unsigned', records: ['5 PTR mx.good.example.'] },
  })
  const of = (type: RecordType, name: string) => ask(network.resolver, type, name)
  assert.deepEqual(await of('MX', 'good.example'), ['NOERROR', true, [{ preference: 10, exchange: 'mx.good.example' }]])
  assert.deepEqual(await of('A', 'nobody.good.example'), ['NXDOMAIN', true, []])
  assert.deepEqual(await of('A', 'mx.plain.example'), ['NOERROR', false, ['127.0.0.6']])
  assert.deepEqual(await of('A', 'mx.forged.example'), ['SERVFAIL', false, []])
  assert.deepEqual(await of('A', 'inside.test'), ['NOERROR', true, ['127.0.0.8']])
  assert.deepEqual(await of('A', 'elsewhere.example'), ['NXDOMAIN', false, []])
  assert.deepEqual(await of('PTR', '5.0.0.127.in-addr.arpa'), ['NOERROR', false, ['mx.good.example']])

  await network.change('good.example', ['@ MX 10 other', 'other A 127.0.0.9'])
  assert.deepEqual(await of('MX', 'good.example'), [
    'NOERROR',
    true,
    [{ preference: 10, exchange: 'other.good.example' }],
  ])
  assert.deepEqual(await of('A', 'mx.good.example'), ['NXDOMAIN', true, []])
})
