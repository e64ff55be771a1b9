import { connect, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { createInterface } from 'node:readline'
import type { Address } from '../serve.ts'

/** A dialogue of SMTP in lines, for saying what a program would and what none should. */
export interface Dialogue {
  banner: string
  /** The next reply, all its lines; `closed` when there is none. */
  next(): Promise<string>
  /** Sends as it is. */
  send(text: string | Buffer): void
  /** Sends a line and gives the whole reply. */
  say(line: string): Promise<string>
  /** Goes on under TLS, and asks for no name; the server has said 220 to STARTTLS. @returns what says which certificate it showed */
  startTls(): Promise<TLSSocket>
}

export interface DialOptions {
  /** Whether to say EHLO. */
  greet?: boolean
  /** TLS from the first byte. */
  tls?: boolean
}

export async function dialSmtp(
  t: { after(undo: () => void): void },
  { host, port }: Address,
  { greet = true, tls = false }: DialOptions = {},
): Promise<Dialogue> {
  let socket: Socket = tls ? connectTls({ host, port, rejectUnauthorized: false }) : connect(port, host)
  t.after(() => socket.destroy())
  let replies = repliesOf(socket)
  const dialogue: Dialogue = {
    banner: '',
    next: async () => (await replies.next()).value ?? 'closed',
    send: (text) => void socket.write(text),
    say(line) {
      socket.write(`${line}\r\n`)
      return dialogue.next()
    },
    async startTls() {
      const secured: TLSSocket = connectTls({ socket, rejectUnauthorized: false })
      await new Promise((resolve) => secured.once('secureConnect', resolve))
      socket = secured
      replies = repliesOf(secured)
      return secured
    },
  }
  dialogue.banner = await dialogue.next()
  if (greet) await dialogue.say('EHLO peer.example')
  return dialogue
}

async function* repliesOf(socket: Socket): AsyncGenerator<string, undefined> {
  let lines: string[] = []
  socket.on('error', () => undefined)
  for await (const line of createInterface({ input: socket })) {
    lines.push(line)
    if (line[3] === ' ') {
      yield lines.join('\n')
      lines = []
    }
  }
  return undefined
}
