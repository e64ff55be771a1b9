import assert from 'node:assert/strict'
import { connect, type Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { connect as connectTls } from 'node:tls'
import { constants, createDeflateRaw, createInflateRaw } from 'node:zlib'
import type { Address } from '../serve.ts'
import type { Person } from './people.ts'
import type { TestServer } from './server.ts'

/** What came back for one command: its untagged responses without "* ", and its tagged one without the tag. */
export interface Answer {
  untagged: string[]
  /** Such as `OK [READ-WRITE] Selected`. */
  tagged: string
}

/** A dialogue of IMAP, for saying what a program would and what none should. Bytes are Latin-1 characters. */
export interface ImapDialogue {
  greeting: string
  /** Sends a command and gives its answer; lines after the first are sent each when `+` comes. */
  say(command: string, ...continued: string[]): Promise<Answer>
  /** The same, and the command must succeed. @returns the untagged responses */
  ok(command: string, ...continued: string[]): Promise<string[]>
  /** Sends as it is. */
  send(text: string): void
  /** The next response, its literals included: an untagged one, a tagged one, or `+ …`. `closed` when there is none. */
  next(): Promise<string>
  /** Goes on under TLS; the server has said OK to STARTTLS. */
  startTls(): Promise<void>
  /** Goes on compressed; the server has said OK to COMPRESS. */
  compress(): void
  close(): void
}

interface Undo {
  after(undo: () => void): void
}

export async function dialImap(t: Undo, { host, port }: Address, { tls = false } = {}): Promise<ImapDialogue> {
  let socket: Socket = tls ? connectTls({ host, port, rejectUnauthorized: false }) : connect(port, host)
  t.after(() => socket.destroy())
  let responses = responsesOf(socket)
  let write = (text: string): void => void socket.write(text, 'latin1')
  let count = 0
  const next = async (): Promise<string> => (await responses.next()).value ?? 'closed'
  const dialogue: ImapDialogue = {
    greeting: '',
    next,
    send: (text) => write(text),
    async say(command, ...continued) {
      const tag = `t${++count}`
      const [first, ...lines] = [command, ...continued]
      write(`${tag} ${first}\r\n`)
      const untagged: string[] = []
      for (;;) {
        const response = await next()
        if (response.startsWith(`${tag} `)) return { untagged, tagged: response.slice(tag.length + 1) }
        if (response === 'closed') return { untagged, tagged: 'closed' }
        if (response.startsWith('+')) {
          const line = lines.shift()
          assert.ok(line !== undefined, `nothing to go on with after ${response}`)
          write(`${line}\r\n`)
        } else untagged.push(response.slice(2))
      }
    },
    async ok(command, ...continued) {
      const { untagged, tagged } = await dialogue.say(command, ...continued)
      assert.match(tagged, /^OK/, `${command.slice(0, 60)}: ${tagged}`)
      return untagged
    },
    async startTls() {
      const secured = connectTls({ socket, rejectUnauthorized: false })
      await new Promise((resolve) => secured.once('secureConnect', resolve))
      socket = secured
      responses = responsesOf(secured)
    },
    compress() {
      const [inflate, deflate] = [createInflateRaw(), createDeflateRaw()]
      for (const half of [inflate, deflate]) half.on('error', () => undefined)
      // Who read until now no longer does.
      socket.removeAllListeners('readable')
      socket.pipe(inflate)
      deflate.pipe(socket)
      responses = responsesOf(inflate)
      write = (text) => {
        deflate.write(text, 'latin1')
        deflate.flush(constants.Z_SYNC_FLUSH)
      }
    },
    close: () => socket.destroy(),
  }
  dialogue.greeting = await next()
  return dialogue
}

/** Signs in, in clear from this machine or under TLS. */
export async function signedInImap(
  t: Undo,
  server: TestServer,
  person: Person,
  { select = undefined as string | undefined } = {},
): Promise<ImapDialogue> {
  const imap = await dialImap(t, server.imaps, { tls: true })
  await imap.ok(`LOGIN ${person.address} ${person.password}`)
  if (select !== undefined) await imap.ok(`SELECT ${select}`)
  return imap
}

/** Responses one after the other, a literal with its line. */
async function* responsesOf(stream: Readable): AsyncGenerator<string, undefined> {
  stream.on('error', () => undefined)
  let text = ''
  let wanted = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    text += chunk.toString('latin1')
    for (;;) {
      const end = text.indexOf('\r\n', wanted)
      if (end === -1) break
      const literal = /\{(\d+)\}$/.exec(text.slice(wanted, end))
      if (literal !== null) {
        wanted = end + 2 + Number(literal[1])
        if (text.length < wanted) break
        continue
      }
      const response = text.slice(0, end)
      text = text.slice(end + 2)
      wanted = 0
      yield response
    }
  }
  return undefined
}
