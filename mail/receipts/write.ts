import { isAscii } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import { encodeText, formatDate, InvalidMessage, writeField, type EmailAddress } from '#formats/message'
import { now } from '#system'
import { writeDisposition, type Disposition } from './disposition.ts'

/** A receipt to be written. */
export interface Receipt {
  from: EmailAddress
  to: readonly string[]
  subject: string
  text: string
  language: string
  /** Message-ID of the message it is about, without brackets. */
  originalMessageId: string | undefined
  messageId: string
  /** `rfc822; anna@example.org`. */
  finalRecipient: string
  originalRecipient: string | undefined
  reportingUA: string | undefined
  disposition: Disposition
  /** Further fields, checked. */
  extensions: Readonly<Record<string, string>>
  /** The message it is about, where it goes back. */
  original: Buffer | undefined
}

/** Writes a receipt: RFC 8098 §3, multipart/report of a text and the same for programs. @throws InvalidMessage */
export function writeReceipt(receipt: Receipt): Buffer {
  const { from, to, subject, originalMessageId, messageId, language, original } = receipt
  const boundary = `=_${randomBytes(18).toString('base64url')}`
  const text = encodeText(receipt.text)
  const answered = originalMessageId === undefined ? [] : [originalMessageId]
  const header = [
    field('From', 'Addresses', [from], 'from'),
    field(
      'To',
      'Addresses',
      to.map((email) => ({ name: null, email })),
      'to',
    ),
    field('Subject', 'Text', subject, 'subject'),
    `Date: ${formatDate(now().toISOString())}\r\n`,
    field('Message-ID', 'MessageIds', [messageId], 'messageId'),
    field('In-Reply-To', 'MessageIds', answered, 'inReplyTo'),
    field('References', 'MessageIds', answered, 'references'),
    // RFC 3834 §5: nobody is to answer it.
    'Auto-Submitted: auto-replied\r\n',
    'MIME-Version: 1.0\r\n',
    `Content-Type: multipart/report; report-type=disposition-notification;\r\n boundary="${boundary}"\r\n`,
  ]
  const parts: [header: string, body: Buffer][] = [
    [
      `Content-Type: text/plain; charset="utf-8"\r\nContent-Language: ${language}\r\nContent-Transfer-Encoding: ${text.encoding}\r\n`,
      text.bytes,
    ],
    ['Content-Type: message/disposition-notification\r\n', Buffer.from(fieldsOf(receipt))],
  ]
  if (original !== undefined)
    parts.push([
      `Content-Type: message/rfc822\r\nContent-Transfer-Encoding: ${isAscii(original) ? '7bit' : '8bit'}\r\n`,
      original,
    ])
  return Buffer.concat([
    Buffer.from(`${header.join('')}\r\n`),
    ...parts.flatMap(([head, body]) => [Buffer.from(`--${boundary}\r\n${head}\r\n`), body, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
}

/** RFC 8098 §3.1. */
function fieldsOf({
  reportingUA,
  originalRecipient,
  finalRecipient,
  originalMessageId,
  disposition,
  extensions,
}: Receipt): string {
  const fields: [name: string, value: string | undefined][] = [
    ['Reporting-UA', reportingUA],
    ['Original-Recipient', originalRecipient],
    ['Final-Recipient', finalRecipient],
    ['Original-Message-ID', originalMessageId === undefined ? undefined : `<${originalMessageId}>`],
    ['Disposition', writeDisposition(disposition)],
    ...Object.entries(extensions),
  ]
  return fields.flatMap(([name, value]) => (value === undefined ? [] : [`${name}: ${plain(value)}\r\n`])).join('')
}

const plain = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')

function field(name: string, form: 'Addresses' | 'Text' | 'MessageIds', value: unknown, property: string): string {
  const line = writeField(name, form, value)
  if (line === undefined) throw new InvalidMessage([property])
  return line
}
