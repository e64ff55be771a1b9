import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { MAX_DELAY_SECONDS } from '#mail/submission'
import { askInBase64, MECHANISMS, type Ask } from '#protocols/sasl'
import { count, nowMs } from '#system'
import { wrongParameter } from './parameters.ts'
import type { SmtpError } from './reply.ts'

const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3} /

/** What the library does not let us say by settings: a sentence may bring its own enhanced code (RFC 2034). */
class Connection extends SMTPConnection {
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    super.send(code, data, typeof data === 'string' && ENHANCED.test(data) ? false : context)
  }
}

/**
 * Signs somebody in by a mechanism that there is (`MECHANISMS`), and rejects with an SmtpError alone.
 * @returns who they are, for `session.user`
 */
export type SignIn = (session: SMTPServerSession, mechanism: string, ask: Ask) => Promise<string>

/**
 * AUTH is announced under TLS only, so that no program sends its password in clear only to hear that it should not have
 * (RFC 4954 §4); FUTURERELEASE (RFC 4865 §3) is announced.
 */
class SubmissionConnection extends Connection {
  /** The exchange is that of every protocol here; the library knows fewer mechanisms. RFC 4954 §4. */
  override handler_AUTH(command: Buffer, callback: () => void): void {
    const [, mechanism = '', initial, ...more] = command.toString('latin1').trim().split(/\s+/)
    const name = mechanism.toUpperCase()
    // In clear, a second time, and by no mechanism of ours: the library says no.
    if (!this.secure || this.session.user || !MECHANISMS.has(name)) return super.handler_AUTH(command, callback)
    if (more.length > 0) {
      this.send(501, '5.5.4 One initial response at most')
      return callback()
    }
    let resume = callback
    const ask = askInBase64(initial, (challenge) => {
      const { promise, resolve } = Promise.withResolvers<string>()
      this._nextHandler = (line, next) => {
        resume = next
        resolve(line.toString('latin1'))
      }
      this.send(334, challenge)
      resume()
      return promise
    })
    const { signIn } = this._server as SubmissionServer
    signIn(this.session, name, ask).then(
      (user) => {
        this.session.user = user
        this.session.transmissionType = this._transmissionType()
        this.send(235, '2.7.0 Welcome')
        resume()
      },
      ({ responseCode, message }: SmtpError) => {
        this.send(responseCode, message)
        resume()
      },
    )
  }

  override handler_MAIL(command: Buffer, callback: () => void): void {
    if (this.isRefused(command)) return callback()
    super.handler_MAIL(Buffer.from(escapeZone(command.toString())), callback)
  }

  override handler_RCPT(command: Buffer, callback: () => void): void {
    if (this.isRefused(command)) return callback()
    super.handler_RCPT(command, callback)
  }

  private isRefused(command: Buffer): boolean {
    const name = wrongParameter(command.toString())
    if (name !== undefined) this.send(501, `5.5.4 The value of ${name} is not valid, or too long`)
    return name !== undefined
  }

  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    // Only EHLO is answered by a list.
    const said = Array.isArray(data) ? (this.secure ? [...data, futureRelease()] : withoutAuth(data)) : data
    super.send(code, said, context)
  }
}

/** The library takes every value for xtext; the "+" of a time zone is none (RFC 4865 §3, with erratum 2040). */
const escapeZone = (command: string): string =>
  command.replace(/(?<= HOLDUNTIL=)\S+/i, (time) => time.replaceAll('+', '+2B'))

const withoutAuth = (lines: string[]): string[] => lines.filter((line) => !line.startsWith('AUTH '))

/** For how long a letter may wait, in seconds, and until when. */
const futureRelease = (): string =>
  `FUTURERELEASE ${MAX_DELAY_SECONDS} ${new Date(nowMs() + MAX_DELAY_SECONDS * 1000).toISOString().slice(0, -5)}Z`

/** An SMTP server whose connections are those above. */
export class ArrivalServer extends SMTPServer {
  protected Connection: typeof SMTPConnection = Connection
  protected protocol: 'smtp' | 'submission' = 'smtp'
  override connect(...[socket, options]: Parameters<SMTPServer['connect']>): void {
    const connection = new this.Connection(this, socket, options ?? undefined)
    this.connections.add(connection)
    // The library turns it away by itself.
    if (this.connections.size > (this.options.maxClients ?? Infinity)) count('refusals', this.protocol)
    connection.on('error', (error: Error) => this.emit('error', error))
    connection.init()
  }
}

export class SubmissionServer extends ArrivalServer {
  protected override Connection: typeof SMTPConnection = SubmissionConnection
  protected override protocol = 'submission' as const
  readonly signIn: SignIn
  constructor(options: SMTPServerOptions, signIn: SignIn) {
    super({ ...options, authMethods: [...MECHANISMS.keys()] })
    this.signIn = signIn
  }
}
