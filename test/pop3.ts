import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Address } from '../serve.ts'
import type { Person } from './people.ts'
import type { TestServer } from './server.ts'

/** A dialogue of POP3, for saying what a program would and what none should. Bytes are Latin-1 characters. */
export interface Pop3Dialogue {
  greeting: string
  /** Sends a command and gives the first line of its response. `closed` when there is none. */
  say(command: string): Promise<string>
  /** The same, and the command must succeed. @returns what follows `+OK ` */
  ok(command: string): Promise<string>
  /** What a multi-line response has after its first line and before its last, as it came. */
  body(): Promise<string>
  /** Sends a command that must succeed and gives the body of its response. */
  text(command: string): Promise<string>
  /** The same, as lines. */
  lines(command: string): Promise<string[]>
  /** The same, as the bytes of a message, its dots no longer stuffed. */
  message(command: string): Promise<Buffer>
  /** Sends as it is. */
  send(text: string): void
  /** The next line; `closed` when there is none. */
  next(): Promise<string>
  /** Goes on under TLS; the server has said +OK to STLS. */
  startTls(): Promise<void>
  /** Takes nothing from the server until it is asked to again. */
  pause(): void
  close(): void
}

interface Undo {
  after(undo: () => void): void
}

export async function dialPop3(t: Undo, { host, port }: Address, { tls = false } = {}): Promise<Pop3Dialogue> {
  let socket: Socket = tls ? connectTls({ host, port, rejectUnauthorized: false }) : connect(port, host)
  t.after(() => socket.destroy())
  let reader = readerOf(socket)
  const next = async (): Promise<string> => (await reader.line()) ?? 'closed'
  const dialogue: Pop3Dialogue = {
    greeting: '',
    next,
    send: (text) => void socket.write(text, 'latin1'),
    say(command) {
      socket.write(`${command}\r\n`, 'latin1')
      return next()
    },
    async ok(command) {
      const line = await dialogue.say(command)
      assert.match(line, /^\+OK/, `${command.slice(0, 60)}: ${line}`)
      return line.slice(4)
    },
    async body() {
      const body = await reader.body()
      assert.ok(body !== undefined, 'closed before the end of a response')
      return body
    },
    async text(command) {
      await dialogue.ok(command)
      return dialogue.body()
    },
    lines: async (command) => (await dialogue.text(command)).split('\r\n').slice(0, -1),
    message: async (command) => Buffer.from((await dialogue.text(command)).replaceAll(/(^|\n)\./g, '$1'), 'latin1'),
    async startTls() {
      const secured = connectTls({ socket, rejectUnauthorized: false })
      await new Promise((resolve) => secured.once('secureConnect', resolve))
      socket = secured
      reader = readerOf(secured)
    },
    pause: () => void socket.pause(),
    close: () => socket.destroy(),
  }
  dialogue.greeting = await next()
  return dialogue
}

/** Signs in under TLS. */
export async function signedInPop3(t: Undo, server: Pick<TestServer, 'pop3s'>, person: Person): Promise<Pop3Dialogue> {
  const pop3 = await dialPop3(t, server.pop3s, { tls: true })
  await pop3.ok(`USER ${person.address}`)
  await pop3.ok(`PASS ${person.password}`)
  return pop3
}

interface Reader {
  line(): Promise<string | undefined>
  /** What a multi-line response has after its first line. */
  body(): Promise<string | undefined>
}

/** What comes, up to an ending; the search does not begin anew with every chunk. LF alone ends nothing. */
function readerOf(socket: Socket): Reader {
  socket.on('error', () => undefined)
  const chunks = (socket as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let held = ''
  const read = async (ending: string): Promise<string | undefined> => {
    const pieces: string[] = []
    for (let tail = ''; ;) {
      const at = (tail + held).indexOf(ending)
      if (at !== -1) {
        const used = at + ending.length - tail.length
        pieces.push(held.slice(0, used))
        held = held.slice(used)
        return pieces.join('').slice(0, -ending.length)
      }
      pieces.push(held)
      tail = (tail + held).slice(1 - ending.length)
      const chunk = await chunks.next().catch(() => undefined)
      if (chunk === undefined || chunk.done === true) return undefined
      held = chunk.value.toString('latin1')
    }
  }
  return {
    line: () => read('\r\n'),
    async body() {
      // The end of the first line is the beginning of what ends an empty body.
      held = `\r\n${held}`
      const body = await read('\r\n.\r\n')
      return body && `${body.slice(2)}\r\n`
    },
  }
}
