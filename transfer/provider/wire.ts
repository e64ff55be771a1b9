import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { Refusal } from '#system'
import type { Patience } from './imap.ts'
import { Broken, certificateName, type Origin, type Way } from './origin.ts'

/**
 * A connection of lines to somebody else's server, one question after the other. Whatever does not keep to that throws Broken, and closes
 * it. Lines end in CRLF alone, so that nobody else finds another end in them.
 */
export interface Wire {
  /** The answers from now on have to be whole within this time, in milliseconds. */
  allow(milliseconds: number): void
  /** Sends a line. @throws Broken when something came before it was asked for: it answers nothing */
  send(line: string): void
  /** The next line, without its end, byte by byte (Latin-1). */
  line(): Promise<string>
  /**
   * Bytes up to a line with a dot alone, without the dots that were put before others (RFC 1939 §3).
   * @throws Broken, final when there are more than `most`
   */
  dotted(most: number): Promise<Buffer>
  /** Goes on under TLS. @throws Refusal 'invalid' `starttls` when something came behind the answer, in clear, or no TLS comes */
  startTls(): Promise<void>
  close(): void
}

/** Of one line. RFC 2449 §4 has 512; some greet at length. */
const LINE_BYTES = 2048

const [DOT, CR, LF] = [0x2e, 0x0d, 0x0a]
const END = '\r\n'

/** Room for a letter to begin with; it doubles. */
const ROOM = 64 * 1024

/** How Node says that what came is no TLS. */
const NO_TLS = /^(?:ERR_SSL_|EPROTO)/

/** @throws Broken; errors of Node, of which `failureOf` makes what they mean */
export async function openWire({ reach }: Way, origin: Origin, address: string, patience: Patience): Promise<Wire> {
  const { port, security } = origin
  const tls = { host: address, servername: certificateName(origin), ca: reach.ca }
  let until = performance.now() + patience.connect
  let held: Buffer = Buffer.alloc(0)
  let fault: unknown
  let isOver = false
  let wake = (): void => undefined

  const attach = <Kind extends Socket>(one: Kind): Kind => {
    one.setNoDelay(true)
    one.on('readable', () => wake())
    one.on('error', (error) => (fault ??= error))
    one.on('close', () => {
      isOver = true
      wake()
    })
    return one
  }
  let socket: Socket = attach(security === 'tls' ? connectTls({ ...tls, port }) : connect({ host: address, port }))

  const close = (): void => void socket.destroy()

  const broken = (cause?: unknown, isFinal = false): Broken => {
    close()
    return new Broken(cause, isFinal)
  }

  /** Waits until something happens. */
  const happening = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(broken()),
        Math.max(0, Math.min(patience.silence, until - performance.now())),
      )
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  const established = async (one: Socket, event: 'connect' | 'secureConnect'): Promise<void> => {
    let isThere = false
    one.once(event, () => {
      isThere = true
      wake()
    })
    while (!isThere) {
      if (isOver) throw fault ?? new Broken()
      await happening()
    }
  }

  /** Adds to what is held; a socket reads little more ahead than was asked for. */
  const more = async (): Promise<void> => {
    for (;;) {
      const piece = socket.read() as Buffer | null
      if (piece !== null) {
        if (performance.now() > until) throw broken()
        held = held.length === 0 ? piece : Buffer.concat([held, piece])
        return
      }
      if (isOver) throw broken(fault)
      await happening()
    }
  }

  await established(socket, security === 'tls' ? 'secureConnect' : 'connect')

  return {
    allow: (milliseconds) => void (until = performance.now() + milliseconds),

    send(line) {
      if (held.length > 0 || socket.readableLength > 0) throw broken()
      socket.write(`${line}\r\n`)
    },

    async line() {
      for (;;) {
        const at = held.indexOf(END)
        if (at > LINE_BYTES || (at === -1 && held.length > LINE_BYTES)) throw broken()
        if (at !== -1) {
          const line = held.toString('latin1', 0, at)
          held = held.subarray(at + END.length)
          return line
        }
        await more()
      }
    },

    async dotted(most) {
      // One piece of memory: many short lines would be many small ones.
      let room = Buffer.allocUnsafe(Math.min(ROOM, most))
      let size = 0
      const take = (count: number): void => {
        if (size + count > most) throw broken(undefined, true)
        if (size + count > room.length) {
          const larger = Buffer.allocUnsafe(Math.min(most, Math.max(size + count, room.length * 2)))
          room.copy(larger, 0, 0, size)
          room = larger
        }
        size += held.copy(room, size, 0, count)
        held = held.subarray(count)
      }
      for (let isStart = true; ;) {
        if (isStart) {
          while (held.length === 0 || (held[0] === DOT && held.length < 3)) await more()
          if (held[0] === DOT) {
            const isEnd = held[1] === CR && held[2] === LF
            held = held.subarray(isEnd ? 3 : 1)
            if (isEnd) return room.subarray(0, size)
          }
          isStart = false
        }
        const at = held.indexOf(`${END}.`)
        if (at === -1) {
          // The end of a line may come in pieces.
          if (held.length > END.length) take(held.length - END.length)
          await more()
        } else {
          take(at + END.length)
          isStart = true
        }
      }
    },

    async startTls() {
      const refusal = (cause?: unknown): Refusal => {
        close()
        return new Refusal('invalid', { cause, fields: ['starttls'] })
      }
      // What came in clear is not from whom it seems (RFC 2595 §4).
      if (held.length > 0 || socket.readableLength > 0) throw refusal()
      socket.removeAllListeners('readable')
      const secured: TLSSocket = attach(connectTls({ ...tls, socket }))
      socket = secured
      await established(secured, 'secureConnect').catch((error: unknown) => {
        throw NO_TLS.test(String((error as NodeJS.ErrnoException).code)) ? refusal(error) : error
      })
    },

    close,
  }
}
