import { SMTPServer } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { MAX_DELAY_SECONDS } from '#mail/submission'
import { count, nowMs } from '#system'

const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3} /

/** What the library does not let us say by settings: a sentence may bring its own enhanced code (RFC 2034). */
class Connection extends SMTPConnection {
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    super.send(code, data, typeof data === 'string' && ENHANCED.test(data) ? false : context)
  }
}

/**
 * AUTH is announced under TLS only, so that no program sends its password in clear only to hear that it should not have
 * (RFC 4954 §4); FUTURERELEASE (RFC 4865 §3) is announced.
 */
class SubmissionConnection extends Connection {
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    // Only EHLO is answered by a list.
    const said = Array.isArray(data) ? (this.secure ? [...data, futureRelease()] : withoutAuth(data)) : data
    super.send(code, said, context)
  }
}

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
}
