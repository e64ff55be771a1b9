import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Address } from '../serve.ts'
import type { Person } from './people.ts'
import type { TestServer } from './server.ts'

/** A dialogue of ManageSieve, for saying what a program would and what none should. */
export interface SieveDialogue {
  /** The first response: capabilities. */
  greeting: string
  /** Sends a command and gives its response as it came, without its last line end; `closed` when there is none. */
  say(command: string | Buffer): Promise<string>
  /** The same, and the command must succeed. */
  ok(command: string): Promise<string>
  /** Sends as it is. */
  send(bytes: string | Buffer): void
  /** The next response. */
  next(): Promise<string>
  /** The next line. */
  line(): Promise<string>
  /** Goes on under TLS; the server has said OK to STARTTLS. @returns the capabilities that follow */
  startTls(): Promise<string>
  close(): void
}

interface Undo {
  after(undo: () => void): void
}

export async function dialSieve(t: Undo, { host, port }: Address): Promise<SieveDialogue> {
  let socket: Socket = connect(port, host)
  t.after(() => socket.destroy())
  let reader = readerOf(socket)
  const line = async (): Promise<string> => (await reader.line()) ?? 'closed'
  const next = async (): Promise<string> => {
    for (let said = ''; ;) {
      let one = await line()
      if (one === 'closed') return one
      for (let size; (size = /\{(\d+)\}$/.exec(one)?.[1]) !== undefined;)
        one = `${one}\r\n${await reader.bytes(Number(size))}${await line()}`
      said += one
      if (/^(?:OK|NO|BYE)(?: |$)/.test(one)) return said
      said += '\r\n'
    }
  }
  const dialogue: SieveDialogue = {
    greeting: '',
    line,
    next,
    send: (bytes) => void socket.write(bytes),
    say(command) {
      socket.write(command)
      socket.write('\r\n')
      return next()
    },
    async ok(command) {
      const said = await dialogue.say(command)
      assert.match(said, /^OK/m, `${command.slice(0, 60)}: ${said}`)
      return said
    },
    async startTls() {
      const secured = connectTls({ socket, rejectUnauthorized: false })
      await new Promise((resolve) => secured.once('secureConnect', resolve))
      socket = secured
      reader = readerOf(secured)
      return next()
    },
    close: () => socket.destroy(),
  }
  dialogue.greeting = await next()
  return dialogue
}

/** Begins TLS and signs in. */
export async function signedInSieve(
  t: Undo,
  server: Pick<TestServer, 'managesieve'>,
  { address, password }: Pick<Person, 'address' | 'password'>,
): Promise<SieveDialogue> {
  const sieve = await dialSieve(t, server.managesieve)
  await sieve.ok('STARTTLS')
  await sieve.startTls()
  await sieve.ok(`AUTHENTICATE "PLAIN" "${plainOf(address, password)}"`)
  return sieve
}

export const plainOf = (address: string, password: string): string =>
  Buffer.from(`\0${address}\0${password}`).toString('base64')

/** A string as a client sends one that is not short. */
export const literalOf = (text: string): string => `{${Buffer.byteLength(text)}+}\r\n${text}`

interface Reader {
  line(): Promise<string | undefined>
  bytes(count: number): Promise<string>
}

function readerOf(socket: Socket): Reader {
  socket.on('error', () => undefined)
  const chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  const more = async (): Promise<boolean> => {
    const chunk = await chunks.next().catch(() => undefined)
    if (chunk === undefined || chunk.done === true) return false
    held = Buffer.concat([held, chunk.value])
    return true
  }
  const take = (count: number): string => {
    const taken = held.toString('utf8', 0, count)
    held = held.subarray(count)
    return taken
  }
  return {
    async line() {
      let at
      while ((at = held.indexOf('\r\n')) === -1) if (!(await more())) return undefined
      return take(at + 2).slice(0, -2)
    },
    async bytes(count) {
      while (held.length < count) assert.ok(await more(), 'closed within a literal')
      return take(count)
    },
  }
}
