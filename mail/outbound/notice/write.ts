import { isAscii } from 'node:buffer'
import { randomBytes, randomUUID } from 'node:crypto'
import { encodeText, encodeWords, formatDate, lastValue, parseMessage, type Encoded } from '#formats/message'
import { now } from '#system'
import type { Language, Recipient } from '../letter.ts'
import type { Outcome } from '../outcome.ts'
import { causeOf } from './cause.ts'
import { TEXTS, type News } from './texts.ts'

/** A delivery status notification to be written. */
export interface Notice {
  news: News
  /** The sender of the letter, to whom it goes. */
  to: string
  hostname: string
  language: Language
  recipients: readonly { recipient: Recipient; outcome: Outcome }[]
  envid?: string | undefined
  arrivedAt: Date
  /** Of news 'delayed': until when it is tried. */
  until: Date
  /** The letter, or its header with the empty line after it. */
  letter: Buffer
  isWhole: boolean
}

/**
 * Writes a notification as RFC 3464 has it: multipart/report (RFC 6522) of a text in the sender's language, the same for
 * programs, and the letter or its header. Marked as automatic (RFC 3834 §5).
 */
export function writeNotice(notice: Notice): Buffer {
  const { news, to, hostname, language, letter, isWhole } = notice
  const subject = subjectOf(letter)
  const texts = TEXTS[language]
  const title = subject === '' ? texts.subjectWithout[news] : fill(texts.subject[news], { subject })
  const boundary = `=_${randomBytes(18).toString('base64url')}`
  const text = encodeText(textOf(notice, subject))
  const returned = isAscii(letter) ? '7bit' : '8bit'
  const parts: [header: string, body: Buffer][] = [
    [
      `Content-Type: text/plain; charset="utf-8"\r\nContent-Language: ${language}\r\nContent-Transfer-Encoding: ${text.encoding}`,
      text.bytes,
    ],
    ['Content-Type: message/delivery-status', Buffer.from(statusOf(notice))],
    [
      `Content-Type: ${isWhole ? 'message/rfc822' : 'text/rfc822-headers'}\r\nContent-Transfer-Encoding: ${returned satisfies Encoded['encoding']}`,
      letter,
    ],
  ]
  const header = [
    `From: ${hostname} <postmaster@${hostname}>`,
    `To: <${to}>`,
    `Subject: ${isAscii(Buffer.from(title)) ? title : encodeWords(title).replaceAll(' ', '\r\n ')}`,
    `Date: ${formatDate(now().toISOString())}`,
    `Message-ID: <${randomUUID()}@${hostname}>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    `Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="${boundary}"`,
  ]
  return Buffer.concat([
    Buffer.from(`${header.join('\r\n')}\r\n\r\n`),
    ...parts.flatMap(([head, body]) => [Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), body, Buffer.from('\r\n')]),
    Buffer.from(`--${boundary}--\r\n`),
  ])
}

/** Characters of the letter's subject that come back. */
const LONGEST_SUBJECT = 120

function subjectOf(letter: Buffer): string {
  const message = parseMessage(letter)
  const subject = lastValue(message, message.root, 'Subject', 'Text') ?? ''
  return subject
    .replace(/[\x00-\x1f\x7f]+/g, ' ')
    .trim()
    .slice(0, LONGEST_SUBJECT)
    .toWellFormed()
}

function textOf({ news, language, recipients, arrivedAt, until, hostname }: Notice, subject: string): string {
  const texts = TEXTS[language]
  const time = (date: Date): string =>
    new Intl.DateTimeFormat(language, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }).format(date)
  const letter = fill(subject === '' ? texts.letterWithout : texts.letterWith, {
    subject,
    date: `${time(arrivedAt)} UTC`,
  })
  const isGood = news === 'delivered' || news === 'relayed'
  const each = recipients.map(({ recipient, outcome }) =>
    [
      recipient.address,
      ...(isGood ? [] : [`  ${texts.cause[causeOf(outcome)]}`]),
      ...(outcome.trouble === undefined && outcome.host !== undefined
        ? [`  ${fill(texts.quoted, { host: outcome.host, reply: outcome.reply })}`]
        : []),
    ].join('\n'),
  )
  const closing = fill(texts.closing[news], { until: `${time(until)} UTC` })
  const signature = fill(texts.signature, { hostname })
  return `${[fill(texts.opening[news], { letter }), ...each, closing, signature].join('\n\n')}\n`
}

/** Replaces in one go, so that nothing in a value is taken for a place. */
const fill = (text: string, values: Record<string, string>): string =>
  text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place)

/** RFC 3464 §2: fields of the letter, then a group for each recipient. */
function statusOf({ news, hostname, envid, arrivedAt, until, recipients }: Notice): string {
  const date = (time: Date): string => formatDate(time.toISOString()) as string
  const ofLetter = [
    `Reporting-MTA: dns; ${hostname}`,
    ...(envid === undefined ? [] : [`Original-Envelope-Id: ${plain(envid)}`]),
    `Arrival-Date: ${date(arrivedAt)}`,
  ]
  const ofEach = recipients.map(({ recipient: { address, orcpt }, outcome: { status, reply, host, trouble } }) => [
    ...(orcpt === undefined ? [] : [`Original-Recipient: ${plain(orcpt)}`]),
    `Final-Recipient: ${finalRecipient(address)}`,
    `Action: ${news}`,
    // Given up after days: what was temporary is final now.
    `Status: ${news === 'failed' ? status.replace(/^4/, '5') : status}`,
    ...(host === undefined ? [] : [`Remote-MTA: dns; ${plain(host)}`]),
    `Diagnostic-Code: ${trouble === undefined ? 'smtp' : 'x-zegel'}; ${plain(reply)}`,
    `Last-Attempt-Date: ${date(now())}`,
    ...(news === 'delayed' ? [`Will-Retry-Until: ${date(until)}`] : []),
  ])
  return [ofLetter, ...ofEach].map((fields) => fields.map((field) => `${field}\r\n`).join('')).join('\r\n')
}

/** RFC 6533 §3: an address beyond ASCII in its seven-bit form. */
const finalRecipient = (address: string): string =>
  isAscii(Buffer.from(address))
    ? `rfc822; ${address}`
    : `utf-8; ${[...address].map((c) => (c.charCodeAt(0) < 128 ? c : `\\x{${c.codePointAt(0)?.toString(16).toUpperCase()}}`)).join('')}`

const plain = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?')
