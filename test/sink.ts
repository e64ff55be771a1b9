/** A strict little SMTP server that takes letters, or behaves as badly as its script says. */
import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { createSecureContext, TLSSocket } from 'node:tls'
import type { Undo } from './database.ts'

export interface SinkLetter {
  from: string
  to: string[]
  /** Of MAIL, then of each RCPT. */
  parameters: string[]
  /** Dots undone. */
  content: string
  /** Which connection brought it, from 1. */
  connection: number
  isEncrypted: boolean
}

/** Where a script may step in. `content` is the end of the message. */
export type Step = 'greeting' | 'EHLO' | 'HELO' | 'STARTTLS' | 'MAIL' | 'RCPT' | 'DATA' | 'content' | 'RSET' | 'QUIT'

/** What to do in place of the usual answer. */
export type Act = (socket: Socket) => void

export const reply =
  (text: string): Act =>
  (socket) =>
    void socket.write(`${text}\r\n`)
export const hang: Act = () => undefined
export const drop: Act = (socket) => void socket.destroy()
/** Says it and closes at once. */
export const replyAndDrop =
  (text: string): Act =>
  (socket) =>
    void socket.end(`${text}\r\n`)
export const twice =
  (text: string): Act =>
  (socket) =>
    void socket.write(`${text}\r\n${text}\r\n`)
/** A reply without an end. */
export const endless =
  (code: number, bytes: number): Act =>
  (socket) => {
    for (let sent = 0; sent < bytes && !socket.destroyed; sent += 1000) socket.write(`${code}-${'x'.repeat(994)}\r\n`)
  }
/** One byte after the other, for ever. */
export const trickle: Act = (socket) => {
  socket.write('2')
  const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('5')), 20)
  socket.once('close', () => clearInterval(timer))
}

/**
 * How it behaves; asked for each step of each connection. Undefined: as it should.
 * @param argument  what followed the command, for `content` the message
 * @param connection  from 1
 */
export type Script = Partial<Record<Step, (argument: string, connection: number) => Act | undefined>>

export interface SinkOptions {
  script?: Script
  /** Lines of its EHLO beside STARTTLS. */
  extensions?: string[]
  /** Offers STARTTLS. */
  certificate?: { cert: string; key: string }
  host?: string
  port?: number
  /** Keeps what it takes; without it only counts. */
  keep?: boolean
}

export interface Sink {
  host: string
  port: number
  letters: SinkLetter[]
  /** Letters taken, and connections so far. */
  count: number
  connections: number
  /** Connections that are open. */
  open(): number
  /** What no client should have done. */
  complaints: string[]
  script: Script
  close(): Promise<void>
}

const EXTENSIONS = ['PIPELINING', 'SIZE 10000000', '8BITMIME', 'SMTPUTF8', 'DSN', 'ENHANCEDSTATUSCODES']
const KEYWORD_OF: Record<string, string> = {
  SIZE: 'SIZE',
  BODY: '8BITMIME',
  SMTPUTF8: 'SMTPUTF8',
  RET: 'DSN',
  ENVID: 'DSN',
  NOTIFY: 'DSN',
  ORCPT: 'DSN',
  REQUIRETLS: 'REQUIRETLS',
}

export async function startSink(t: Undo, options: SinkOptions = {}): Promise<Sink> {
  const { extensions = EXTENSIONS, certificate, host = '127.0.0.1', port = 0, keep = true } = options
  const sockets = new Set<Socket>()
  const sink: Sink = {
    host,
    port: 0,
    letters: [],
    count: 0,
    connections: 0,
    open: () => sockets.size,
    complaints: [],
    script: options.script ?? {},
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
  const server: Server = createServer((socket) => {
    sockets.add(socket.setNoDelay(true))
    socket.once('close', () => sockets.delete(socket)).on('error', () => undefined)
    converse(sink, socket, ++sink.connections, { extensions, certificate, keep })
  })
  server.listen(port, host)
  await once(server, 'listening')
  t.after(() => sink.close())
  sink.port = (server.address() as AddressInfo).port
  return sink
}

type Setting = Pick<Required<SinkOptions>, 'extensions' | 'keep'> & Pick<SinkOptions, 'certificate'>

const END = Buffer.from('\r\n.\r\n')

function converse(sink: Sink, plain: Socket, connection: number, setting: Setting): void {
  const { extensions, certificate, keep } = setting
  let socket = plain
  let input = Buffer.alloc(0)
  let letter: Omit<SinkLetter, 'content'> | undefined
  let isData = false
  let hasGreeted = false
  const isEncrypted = (): boolean => socket instanceof TLSSocket
  const complain = (what: string): void => void sink.complaints.push(what)
  const answer = (step: Step, argument: string, usual: string): boolean => {
    const act = sink.script[step]?.(argument, connection)
    ;(act ?? reply(usual))(socket)
    return act === undefined
  }

  const commands: Record<string, (argument: string) => void> = {
    EHLO(argument) {
      hasGreeted = true
      letter = undefined
      const lines = ['sink.example', ...extensions]
      if (certificate !== undefined && !isEncrypted()) lines.push('STARTTLS')
      answer('EHLO', argument, lines.map((line, i) => `250${i === lines.length - 1 ? ' ' : '-'}${line}`).join('\r\n'))
    },
    HELO(argument) {
      hasGreeted = true
      answer('HELO', argument, '250 sink.example')
    },
    STARTTLS(argument) {
      if (certificate === undefined || isEncrypted()) return reply('503 5.5.1 No TLS here')(socket)
      if (!answer('STARTTLS', argument, '220 2.0.0 Begin')) return
      plain.removeAllListeners('data')
      if (input.length > 0) complain('bytes after STARTTLS')
      input = Buffer.alloc(0)
      socket = new TLSSocket(plain, { isServer: true, secureContext: createSecureContext(certificate) })
      socket.on('error', () => undefined).on('data', take)
    },
    MAIL(argument) {
      const [, from = '', rest = ''] = /^FROM:<([^<>]*)>(.*)$/.exec(argument) ?? []
      if (!hasGreeted || letter !== undefined) {
        complain(`MAIL ${hasGreeted ? 'in a transaction' : 'before EHLO'}`)
        return reply('503 5.5.1 Not now')(socket)
      }
      checkParameters(rest)
      if (answer('MAIL', argument, '250 2.1.0 Sender taken'))
        letter = { from, to: [], parameters: [rest.trim()], connection, isEncrypted: isEncrypted() }
    },
    RCPT(argument) {
      const [, to = '', rest = ''] = /^TO:<([^<>]+)>(.*)$/.exec(argument) ?? []
      checkParameters(rest)
      if (letter === undefined) return reply('503 5.5.1 Who sends it?')(socket)
      if (!answer('RCPT', argument, '250 2.1.5 Recipient taken')) return
      letter.to.push(to)
      letter.parameters.push(rest.trim())
    },
    DATA(argument) {
      if (letter === undefined || letter.to.length === 0) return reply('503 5.5.1 For whom?')(socket)
      isData = answer('DATA', argument, '354 Go on')
    },
    RSET(argument) {
      letter = undefined
      answer('RSET', argument, '250 2.0.0 Forgotten')
    },
    NOOP: () => reply('250 2.0.0 Yes')(socket),
    QUIT(argument) {
      if (answer('QUIT', argument, '221 2.0.0 Until later')) socket.end()
    },
  }

  const checkParameters = (rest: string): void => {
    for (const parameter of rest.trim().split(' ').filter(Boolean)) {
      const keyword = KEYWORD_OF[parameter.split('=', 1)[0] as string]
      if (keyword === undefined || !extensions.some((line) => line.split(' ', 1)[0] === keyword))
        complain(`a parameter that was not offered: ${parameter}`)
    }
  }

  const takeContent = (bytes: Buffer): void => {
    isData = false
    const content = bytes.toString('latin1')
    if (/(?:^|[^\r])\n|\r(?!\n)/.test(content)) complain('a bare line end')
    if (content.split('\r\n').some((line) => line.length > 1000)) complain('a line of more than 1,000 octets')
    if (!extensions.includes('8BITMIME') && /[\x80-\xff]/.test(content)) complain('eight bits where seven were offered')
    const taken = letter as SinkLetter
    letter = undefined
    // Noted before the answer: whoever takes a letter and does not say so has it all the same.
    sink.count++
    if (keep) sink.letters.push({ ...taken, content: content.replace(/^\.(?=.)/gm, '') })
    answer('content', content, `250 2.0.0 Taken as ${sink.count}`)
  }

  const take = (chunk: Buffer): void => {
    input = Buffer.concat([input, chunk])
    for (;;) {
      if (isData) {
        const isEmpty = input.subarray(0, 3).equals(END.subarray(2))
        const end = isEmpty ? -2 : input.indexOf(END)
        if (end === -1) return
        const content = input.subarray(0, Math.max(0, end + 2))
        input = input.subarray(end + END.length)
        takeContent(content)
        continue
      }
      const end = input.indexOf('\n')
      if (end === -1) return
      const line = input.toString('utf8', 0, end + 1)
      input = input.subarray(end + 1)
      if (!line.endsWith('\r\n') || line.length > 2000) complain('not a command line')
      const [, verb = '', argument = ''] = /^([A-Za-z]+) ?(.*)\r\n$/s.exec(line) ?? []
      const command = Object.hasOwn(commands, verb.toUpperCase()) ? commands[verb.toUpperCase()] : undefined
      if (command === undefined) {
        complain(`no command: ${verb}`)
        reply('500 5.5.2 What?')(socket)
      } else command(argument)
    }
  }

  plain.on('data', take)
  answer('greeting', '', '220 sink.example ESMTP')
}
