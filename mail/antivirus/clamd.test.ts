/** The real clamd, and peers that are none. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { after, test } from 'node:test'
import { EICAR, startClamd } from '#test/scanners'
import { openClamd } from './clamd.ts'

const real = await startClamd({ after })
const clamd = openClamd(real.address, 60_000)

async function* pieces(content: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += size) yield content.subarray(at, at + size)
}

test('a virus is found in bytes and in pieces that break it, and nothing where nothing is', async () => {
  const found = { virus: 'Zegel.Test.EICAR.UNOFFICIAL' }
  assert.deepEqual(await clamd.scan(Buffer.from(EICAR)), found)
  assert.deepEqual(await clamd.scan(pieces(Buffer.from(EICAR), 7)), found)
  assert.equal(await clamd.scan(Buffer.from('Red ones.')), 'clean')
  assert.equal(await clamd.scan(Buffer.alloc(0)), 'clean')
})

test('a hundred letters at once are all looked at', async () => {
  const contents = Array.from({ length: 100 }, (_, i) => Buffer.from(i % 10 === 0 ? EICAR : 'Red ones.'))
  const found = await Promise.all(contents.map((content) => clamd.scan(content)))
  assert.ok(found.every((one, i) => (one === 'clean') === (i % 10 !== 0)))
})

test('the largest letter there may be is looked at; of what is larger than clamd takes, it says so', async () => {
  assert.equal(await clamd.scan(Buffer.alloc(50_000_000, 'Red ones.')), 'clean')
  assert.equal(await clamd.scan(Buffer.alloc(70_000_000, 'Red ones.')), 'tooLarge')
})

test('what the content throws is thrown on', async () => {
  async function* broken(): AsyncGenerator<Buffer> {
    yield Buffer.from('Red')
    throw new Error('the disk')
  }
  await assert.rejects(clamd.scan(broken()), /the disk/)
})

/** What a peer does when it is asked. */
const NONSENSE: Record<string, (socket: Socket) => void> = {
  'hangs up at once': (socket) => socket.destroy(),
  'hangs up without a word': (socket) => socket.once('data', () => socket.end()),
  'says half a word': (socket) => socket.once('data', () => socket.end('stream: O')),
  'does not end its reply': (socket) => socket.once('data', () => socket.end('stream: OK')),
  'says more than one thing': (socket) => socket.once('data', () => socket.end('stream: OK\0stream: OK\0')),
  'says something else first': (socket) => socket.once('data', () => socket.end('x stream: OK\0')),
  'names a virus without a name': (socket) => socket.once('data', () => socket.end('stream:  FOUND\0')),
  'has an error': (socket) => socket.once('data', () => socket.end('stream: Can’t allocate memory ERROR\0')),
  'speaks HTTP': (socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  'never stops': (socket) => {
    const more = (): void => {
      while (!socket.destroyed && socket.write(Buffer.alloc(65_536, 'stream: '))) continue
    }
    socket.on('drain', more)
    more()
  },
  'says nothing': () => undefined,
}
for (const [what, act] of Object.entries(NONSENSE))
  test(`a peer that ${what} has not looked at anything`, async (t) => {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket.on('error', () => undefined))
      act(socket)
    }).listen(0, '127.0.0.1')
    t.after(() => {
      for (const socket of sockets) socket.destroy()
      server.close()
    })
    await once(server, 'listening')
    const peer = openClamd(`127.0.0.1:${(server.address() as AddressInfo).port}`, 500)
    await assert.rejects(peer.scan(Buffer.alloc(3_000_000)), { reason: 'scannerSilent' })
  })
