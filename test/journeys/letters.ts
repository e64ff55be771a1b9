import { randomBytes } from 'node:crypto'
import MailComposer from 'nodemailer/lib/mail-composer/index.js'
import type Mail from 'nodemailer/lib/mailer/index.js'
import nodemailer from 'nodemailer'
import SMTPConnection from 'nodemailer/lib/smtp-connection/index.js'

/** A letter as another program writes it: words outside ASCII encoded, parts of MIME, ends of lines CRLF. */
export function compose(said: Mail.Options): Promise<Buffer> {
  return new MailComposer({ from: 'Berta Vogel <berta@example.org>', newline: 'windows', ...said }).compile().build()
}

/** Sends letters straight to the server, one connection for all. Filed when this resolves. */
export async function sendAll(
  { host, port }: { host: string; port: number },
  to: string,
  letters: Mail.Options[],
): Promise<void> {
  const transport = nodemailer.createTransport({ host, port, ignoreTLS: true, pool: true, maxConnections: 1 })
  try {
    for (const said of letters)
      await transport.sendMail({ from: 'Berta Vogel <berta@example.org>', to, text: 'Bis bald!', ...said })
  } finally {
    transport.close()
  }
}

/** A file that is too large for a row of the database, and that nothing compresses. */
export const largeFile = (): Buffer => randomBytes(300_000)

/** A letter in short; its text is `bytes` long and does not compress well. */
export interface Sending {
  id: string
  subject: string
  bytes: number
}

/** Sends a letter over a connection of its own. @returns the code of the server's answer: 250 when it is taken */
export function deliver(port: number, from: string, to: string, { id, subject, bytes }: Sending): Promise<number> {
  const filling = randomBytes(Math.ceil(bytes * 0.75))
    .toString('base64')
    .replaceAll(/.{76}/g, '$&\r\n')
  const letter = `From: ${from}\r\nTo: ${to}\r\nMessage-ID: <${id}>\r\nSubject: ${subject}\r\n\r\n${filling}\r\n`
  return new Promise((resolve, reject) => {
    const connection = new SMTPConnection({ host: '127.0.0.1', port, ignoreTLS: true, socketTimeout: 30_000 })
    const refused = (error: SMTPConnection.SMTPError): void => {
      connection.close()
      if (error.responseCode === undefined) reject(error)
      else resolve(error.responseCode)
    }
    connection.once('error', refused)
    connection.connect(() =>
      connection.send({ from, to }, letter, (error) => {
        if (error) return refused(error)
        connection.close()
        resolve(250)
      }),
    )
  })
}
