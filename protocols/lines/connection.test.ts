/** Lines and counted bytes over a real socket: what comes in pieces, what comes too long, and who is too slow. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { createDeflateRaw, createInflateRaw, constants } from 'node:zlib'
import { ConnectionLost, lineConnection, LineTooLong, type LineConnection } from './index.ts'

const accepted: ((socket: Socket) => void)[] = []
const server = createServer((socket) => accepted.shift()?.(socket)).listen(0, '127.0.0.1')
await once(server, 'listening')
after(() => server.close())

/** Both ends of a new connection. */
async function pair(t: { after(undo: () => void): void }): Promise<{ ours: LineConnection; peer: Socket }> {
  const ours = new Promise<LineConnection>((resolve) => accepted.push((socket) => resolve(lineConnection(socket))))
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1')
  t.after(() => peer.destroy())
  return { ours: await ours, peer }
}

test('lines are found however they are cut into packets, with and without CR', async (t) => {
  const { ours, peer } = await pair(t)
  for (const piece of ['on', 'e\r', '\ntwo\nth', 'ree\r\n']) {
    peer.write(piece)
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (const line of ['one', 'two', 'three']) assert.equal((await ours.readLine(100))?.toString(), line)
})

test('counted bytes follow a line, whatever is in them', async (t) => {
  const { ours, peer } = await pair(t)
  peer.write('5\r\na\r\n\0brest\r\n')
  assert.equal((await ours.readLine(10))?.toString(), '5')
  assert.equal((await ours.readBytes(5)).toString('latin1'), 'a\r\n\0b')
  assert.equal(ours.hasUnread, true)
  assert.equal((await ours.readLine(10))?.toString(), 'rest')
})

test('a line that never ends is given up once it is too long', async (t) => {
  const { ours, peer } = await pair(t)
  peer.write('x'.repeat(2000))
  await assert.rejects(ours.readLine(1000), LineTooLong)
})

test('who sends more than is read waits in its own system', async (t) => {
  const { ours, peer } = await pair(t)
  const lines = 30_000
  peer.write(`${'x'.repeat(998)}\r\n`.repeat(lines))
  assert.equal((await ours.readLine(1000))?.length, 998)
  await new Promise((resolve) => setTimeout(resolve, 100))
  assert.ok(peer.writableLength > 0)
  for (let read = 1; read < lines; read++) await ours.readLine(1000)
  assert.equal(peer.writableLength, 0)
})

test('text and bytes arrive in the order they were written, gathered or not', async (t) => {
  const { ours, peer } = await pair(t)
  const received: Buffer[] = []
  peer.on('data', (piece: Buffer) => received.push(piece))
  const written = [
    'zwölf ',
    Buffer.from([0xff, 0]),
    Buffer.alloc(0),
    'a',
    Buffer.alloc(100_000, 1),
    'ö',
    Buffer.from('b'),
  ]
  for (const piece of written) ours.write(piece)
  await ours.drained()
  ours.write('c')
  ours.end()
  await once(peer, 'end')
  const expected = Buffer.concat([...written, 'c'].map((piece) => Buffer.from(piece as string)))
  assert.ok(Buffer.concat(received).equals(expected))
})

test('who takes nothing is waited for, and is lost when it does not come back', async (t) => {
  const { ours, peer } = await pair(t)
  peer.pause()
  ours.setIdleLimit(300, '')
  const chunk = Buffer.alloc(1 << 20)
  await assert.rejects(async () => {
    for (let written = 0; written < 200; written++) {
      ours.write(chunk)
      await ours.drained()
    }
  }, ConnectionLost)
  assert.ok(ours.isLost)
})

test('a peer that goes in the middle of counted bytes is lost; after its last line it has gone', async (t) => {
  const { ours, peer } = await pair(t)
  peer.end('line\r\nhalf')
  assert.equal((await ours.readLine(10))?.toString(), 'line')
  await assert.rejects(ours.readBytes(10), ConnectionLost)
  assert.equal(await ours.readLine(10), undefined)
})

test('compressed in both directions, what was sent early is not lost', async (t) => {
  const { ours, peer } = await pair(t)
  const deflate = createDeflateRaw()
  const inflate = createInflateRaw()
  deflate.pipe(peer)
  deflate.write('early\r\n')
  deflate.flush(constants.Z_SYNC_FLUSH)
  await new Promise((resolve) => setTimeout(resolve, 50))
  ours.compress()
  peer.pipe(inflate)
  assert.equal((await ours.readLine(10))?.toString(), 'early')
  const told = once(inflate, 'data')
  ours.write('hello\r\n')
  assert.equal(String((await told)[0]), 'hello\r\n')
  deflate.write(`${'z'.repeat(5000)}\r\n`)
  deflate.flush(constants.Z_SYNC_FLUSH)
  assert.equal((await ours.readLine(6000))?.length, 5000)
})

test('a bomb of compressed bytes opens no faster than it is read', async (t) => {
  const { ours, peer } = await pair(t)
  ours.compress()
  const deflate = createDeflateRaw({ level: 9 })
  deflate.pipe(peer)
  deflate.end(Buffer.alloc(200 << 20))
  await assert.rejects(ours.readLine(1000), LineTooLong)
  assert.ok(process.memoryUsage().rss < 1 << 30)
})

test('who is silent for too long hears so before the connection closes, and what comes later is not read', async (t) => {
  const { ours, peer } = await pair(t)
  ours.setIdleLimit(100, 'BYE\r\n')
  peer.write('half a line')
  const said: string[] = []
  peer.setEncoding('utf8').on('data', (piece: string) => said.push(piece))
  assert.equal(await ours.readLine(100), undefined)
  peer.write(' and the rest\r\n')
  await once(peer, 'end')
  ours.write('more\r\n')
  assert.deepEqual([said.join(''), ours.isLost, await ours.readLine(100)], ['BYE\r\n', true, undefined])
})

test('last words come after what was said before them, and nobody waits for who has to hear none', async (t) => {
  const [heard, unheard] = [await pair(t), await pair(t)]
  const received: Buffer[] = []
  heard.peer.on('data', (piece: Buffer) => received.push(piece))
  heard.ours.write(Buffer.alloc(100_000, 1))
  heard.ours.part('BYE\r\n')
  heard.ours.write('more\r\n')
  await once(heard.peer, 'end')
  assert.deepEqual(Buffer.concat(received).subarray(100_000).toString(), 'BYE\r\n')
  unheard.peer.resume()
  unheard.ours.part('')
  await once(unheard.peer, 'close')
})
