import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { openTurns, Refusal, splitHostAndPort } from '#system'

/** What clamd says of bytes: the name of a virus, that there is none, or that they are more than it takes. */
export type Scanned = { virus: string } | 'clean' | 'tooLarge'

export interface Clamd {
  /**
   * @param content  read once, at clamd's pace
   * @throws Refusal 'scannerSilent' when it does not answer as it should in time; what `content` throws
   */
  scan(content: Buffer | AsyncIterable<Buffer>): Promise<Scanned>
}

/** Fewer than clamd's MaxThreads: who waits here waits in order. */
const AT_ONCE = 8
const MOST_WAITING = 1000

const CHUNK = 256 * 1024

/** "stream: NAME FOUND" and its NUL. */
const MOST_REPLY = 1024

const REPLIES: readonly [RegExp, (name: string) => Scanned][] = [
  [/^stream: OK\0$/, () => 'clean'],
  [/^stream: ([\x21-\x7e]{1,300}) FOUND\0$/, (virus) => ({ virus })],
  [/^INSTREAM size limit exceeded\. ERROR\0$/, () => 'tooLarge'],
]

/**
 * clamd, asked by INSTREAM (clamd(8)): the length of each chunk and its bytes, a chunk of none, one reply.
 * @param address  `host:port` or the path of a socket
 * @param timeoutMs  for all of it, waiting for a turn included
 */
export function openClamd(address: string, timeoutMs: number): Clamd {
  const target = address.startsWith('/') ? { path: address } : splitHostAndPort(address)
  const inTurn = openTurns(AT_ONCE, MOST_WAITING)
  return {
    async scan(content) {
      const deadline = AbortSignal.timeout(timeoutMs)
      return await inTurn(async () => {
        if (deadline.aborted) throw new Refusal('scannerSilent')
        const socket = connect({ ...target, noDelay: true })
        const end = (): void => void socket.destroy()
        deadline.addEventListener('abort', end)
        try {
          return await converse(socket, content)
        } finally {
          deadline.removeEventListener('abort', end)
          socket.destroy()
        }
      })
    },
  }
}

/** "ClamAV 1.4.3/27839/Mon Nov 30 08:29:00 2026" and its NUL: version, number and time of the signatures, where it has any of ClamAV's. */
const VERSION = /^ClamAV [^/\0]{1,60}(?:\/\d{1,9}\/([A-Za-z0-9: ]{10,40}))?\0$/

/**
 * When clamd's signatures were made, in the time of its machine.
 * @returns undefined when it has none of ClamAV's, or does not say
 * @throws Refusal 'scannerSilent'
 */
export async function signaturesMadeAt(address: string, timeoutMs: number): Promise<Date | undefined> {
  const socket = connect({
    ...(address.startsWith('/') ? { path: address } : splitHostAndPort(address)),
    noDelay: true,
  })
  const timer = setTimeout(() => socket.destroy(), timeoutMs)
  try {
    socket.write('zVERSION\0')
    const match = VERSION.exec(await wholeReply(socket))
    if (match === null) throw new Refusal('scannerSilent')
    const at = Date.parse(match[1] ?? '')
    return Number.isNaN(at) ? undefined : new Date(at)
  } finally {
    clearTimeout(timer)
    socket.destroy()
  }
}

async function converse(socket: Socket, content: Buffer | AsyncIterable<Buffer>): Promise<Scanned> {
  const reply = replyOf(socket)
  let isOver = false
  const whatever = reply.finally(() => (isOver = true)).catch(() => undefined)
  const write = async (bytes: Buffer): Promise<void> => {
    if (isOver || socket.write(bytes)) return
    await Promise.race([once(socket, 'drain').catch(() => undefined), whatever])
  }
  await write(Buffer.from('zINSTREAM\0'))
  for await (const piece of Buffer.isBuffer(content) ? [content] : content) {
    for (let at = 0; at < piece.length && !isOver; at += CHUNK) {
      const chunk = piece.subarray(at, at + CHUNK)
      socket.cork()
      const length = Buffer.alloc(4)
      length.writeUInt32BE(chunk.length)
      socket.write(length)
      const written = write(chunk)
      socket.uncork()
      await written
      // clamd answers a stream that is too long and hangs up: the answer is to be read before the next write fails.
      await nextTurn()
    }
    if (isOver) break
  }
  await write(Buffer.alloc(4))
  return await reply
}

/** @throws Refusal 'scannerSilent' for anything but one whole reply of those known */
async function replyOf(socket: Socket): Promise<Scanned> {
  const text = await wholeReply(socket)
  for (const [pattern, meaning] of REPLIES) {
    const match = pattern.exec(text)
    if (match) return meaning(match[1] ?? '')
  }
  throw new Refusal('scannerSilent')
}

/** What came until the other side, or somebody here, closed. */
function wholeReply(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    socket.setEncoding('latin1')
    socket.on('data', (piece: string) => {
      text += piece
      if (text.length > MOST_REPLY) socket.destroy()
    })
    socket.on('error', () => undefined)
    socket.once('close', () => resolve(text))
  })
}
