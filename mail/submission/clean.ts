import { isAscii } from 'node:buffer'
import { randomBytes } from 'node:crypto'
import {
  fieldName,
  fieldValue,
  findFields,
  formatDate,
  normalizeAddress,
  writeField,
  type EmailAddress,
  type Field,
  type HeaderForm,
  type Message,
} from '#formats/message'
import { MOST_HOPS } from '#mail/outbound'
import type { Authors } from './authors.ts'
import { faulty, type Fault } from './faults.ts'
import { fieldBytes } from './form.ts'

export interface CleaningContext {
  authors: Authors
  /** Of this server. */
  hostname: string
  /** Without angle brackets; for a message that has none. */
  messageId: string
  time: Date
}

/** Fields that are for us or for nobody (RFC 5322 §3.6.3, RFC 5321 §4.4). */
const NOT_FOR_OTHERS = ['bcc', 'resent-bcc', 'return-path', 'x-account-key', 'x-identity-key']

/** Fields in which programs tell their name, their version, or the machine and person they run for. */
const CLIENT = [
  'user-agent',
  'x-auth-id',
  'x-authuser',
  'x-clientproxiedby',
  'x-forwarded-for',
  'x-host',
  'x-ip',
  'x-library',
  'x-mailer',
  'x-mimeole',
  'x-newsreader',
  'x-posting-agent',
  'x-real-ip',
  'x-sender',
  'x-universally-unique-identifier',
  'x-webmail-user',
]
const CLIENT_PREFIXES = [
  'x-apple-',
  'x-authenticated-',
  'x-client-',
  'x-mailer-',
  'x-mozilla-',
  'x-ms-',
  'x-originating-',
  'x-php-',
  'x-remote-',
  'x-sender-',
  'x-source',
  'x-uniform-type-',
]
const DROPPED = new Set([...NOT_FOR_OTHERS, ...CLIENT])

/** Fields that are written anew where they hold more than ASCII, so that every server can take them (RFC 6531 §3.1). */
const REWRITTEN: ReadonlyMap<string, readonly [form: HeaderForm, fault: Fault]> = new Map([
  ['subject', ['Text', 'subject']],
  ['to', ['GroupedAddresses', 'addresses']],
  ['cc', ['GroupedAddresses', 'addresses']],
  ['reply-to', ['GroupedAddresses', 'addresses']],
])

/**
 * The message as it leaves (RFC 6409 §8): with Date and Message-ID, without Bcc, and without anything that names the
 * client or its address. From and Sender are written from what was checked, so that no reader finds another address in
 * them. The body stays byte for byte.
 * @throws Refusal 'invalid' with the name of a fault
 */
export function cleanMessage(message: Message, context: CleaningContext): Buffer {
  const { root, bytes } = message
  const { authors, hostname, messageId, time } = context
  const date = formatDate(time.toISOString()) as string
  const pieces: (Buffer | string)[] = [`Received: by ${hostname} id ${randomBytes(9).toString('hex')}; ${date}\r\n`]
  const hops = findFields(message, root, 'Received').length
  // Ours is one more; the queue would give it back (RFC 5321 §6.3).
  if (hops >= MOST_HOPS) throw faulty('loop')
  // What those before us wrote names machines; that there were so many still stops a letter that goes in a circle.
  for (let hop = 0; hop < hops; hop++) pieces.push(`Received: by ${hostname}; ${date}\r\n`)

  const hasDate = says(message, 'Date', 'Date')
  const hasId = says(message, 'Message-ID', 'MessageIds')
  const others = new Map<string, () => string>([
    ['received', () => ''],
    ['sender', () => ''],
    ['from', () => written('From', 'Addresses', authors.from, 'from')],
    ...(hasDate ? [] : [['date', () => ''] as const]),
    ...(hasId ? [] : [['message-id', () => ''] as const]),
  ])
  for (const field of root.fields) {
    const name = fieldName(message, field).toLowerCase()
    if (!isDropped(name)) pieces.push(others.get(name)?.() ?? asItStands(message, field, name))
  }
  if (authors.sender !== undefined) pieces.push(written('Sender', 'Addresses', [authors.sender], 'sender'))
  if (!hasDate) pieces.push(`Date: ${date}\r\n`)
  if (!hasId) pieces.push(`Message-ID: <${messageId}>\r\n`)
  pieces.push('\r\n', bytes.subarray(root.bodyStart))
  return Buffer.concat(pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)))
}

/**
 * The message as its sender keeps it: as it was written, with what it lacked, and with those under Bcc whom only the envelope names.
 */
export function ownCopy(
  message: Message,
  { messageId, time, recipients }: Pick<CleaningContext, 'messageId' | 'time'> & { recipients: readonly string[] },
): Buffer {
  const { root, bytes } = message
  const added: string[] = []
  const unreadable = new Set<string>()
  if (!says(message, 'Date', 'Date')) {
    unreadable.add('date')
    added.push(`Date: ${formatDate(time.toISOString())}\r\n`)
  }
  if (!says(message, 'Message-ID', 'MessageIds')) {
    unreadable.add('message-id')
    added.push(`Message-ID: <${messageId}>\r\n`)
  }
  const hidden = unnamed(message, recipients)
  if (hidden.length > 0) added.push(writeField('Bcc', 'Addresses', hidden) ?? '')
  const fields = root.fields
    .filter((field) => !unreadable.has(fieldName(message, field).toLowerCase()))
    .map((field) => fieldBytes(message, field))
  return Buffer.concat([...fields, Buffer.from(`${added.join('')}\r\n`), bytes.subarray(root.bodyStart)])
}

/** Recipients whom no field names; none where there is a Bcc, which its program has written itself. */
function unnamed(message: Message, recipients: readonly string[]): EmailAddress[] {
  if (findFields(message, message.root, 'Bcc').length > 0) return []
  const named = ['To', 'Cc'].flatMap((name) => findFields(message, message.root, name))
  const known = new Set(
    named.flatMap((field) => fieldValue(message, field, 'Addresses')).map(({ email }) => normalizeAddress(email)),
  )
  return recipients.filter((one) => !known.has(normalizeAddress(one))).map((email) => ({ name: null, email }))
}

const isDropped = (name: string): boolean =>
  DROPPED.has(name) || CLIENT_PREFIXES.some((prefix) => name.startsWith(prefix))

function asItStands(message: Message, field: Field, name: string): Buffer | string {
  const raw = fieldBytes(message, field)
  const [form, fault] = REWRITTEN.get(name) ?? []
  if (form === undefined || fault === undefined || isAscii(raw)) return raw
  return written(fieldName(message, field), form, fieldValue(message, field, form), fault)
}

function written(name: string, form: HeaderForm, value: unknown, fault: Fault): string {
  const line = writeField(name, form, value)
  if (line === undefined) throw faulty(fault)
  return line
}

/** Whether a field is there and holds what it should. */
function says(message: Message, name: string, form: 'Date' | 'MessageIds'): boolean {
  const [field] = findFields(message, message.root, name)
  return field !== undefined && fieldValue(message, field, form) !== null
}
