import { SMTPServer } from 'smtp-server'
import { SMTPConnection } from 'smtp-server/lib/smtp-connection.js'
import { MAX_DELAY_SECONDS } from '#mail/submission'
import { nowMs } from '#system'

const ENHANCED = /^[245]\.\d{1,3}\.\d{1,3} /

/** A sentence may bring its own enhanced code, in place of the one that the library has for all replies of a kind. */
class ArrivalConnection extends SMTPConnection {
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    super.send(code, data, typeof data === 'string' && ENHANCED.test(data) ? false : context)
  }
}

/**
 * What the library does not let us say by settings either: AUTH is announced under TLS only, so that no program sends its
 * password in clear only to hear that it should not have (RFC 4954 §4), and FUTURERELEASE (RFC 4865 §3) is announced.
 */
class SubmissionConnection extends ArrivalConnection {
  override send(code: number, data?: string | string[] | null, context?: string | false): void {
    // Only EHLO is answered by a list.
    const isEhlo = Array.isArray(data)
    super.send(code, isEhlo ? (this.secure ? [...data, futureRelease()] : withoutAuth(data)) : data, context)
  }
}

const withoutAuth = (lines: string[]): string[] => lines.filter((line) => !line.startsWith('AUTH '))

/** For how long a letter may wait, in seconds, and until when. */
const futureRelease = (): string =>
  `FUTURERELEASE ${MAX_DELAY_SECONDS} ${new Date(nowMs() + MAX_DELAY_SECONDS * 1000).toISOString().slice(0, -5)}Z`

/** SMTP servers whose connections are those above. */
export class ArrivalServer extends SMTPServer {
  protected readonly Connection: typeof SMTPConnection = ArrivalConnection

  override connect(...[socket, options]: Parameters<SMTPServer['connect']>): void {
    const connection = new this.Connection(this, socket, options ?? undefined)
    this.connections.add(connection)
    connection.on('error', (error: Error) => this.emit('error', error))
    connection.init()
  }
}

export class SubmissionServer extends ArrivalServer {
  protected override readonly Connection = SubmissionConnection
}
