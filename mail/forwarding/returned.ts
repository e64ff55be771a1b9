import {
  fieldValue,
  findFields,
  lastValue,
  mediaType,
  parseAddress,
  parseMessage,
  partContent,
  type Message,
  type Part,
} from '#formats/message'

/** What a notification says of a letter that was passed on. Texts of strangers, bounded. */
export interface Returned {
  /** RFC 3463, class 5. */
  status: string
  /** By which the letter was written to here, and when it was, where that can be told. */
  address: string | undefined
  date: Date | undefined
  /** Its header in what its author knows it by: Subject, Date, Message-ID. Ends with an empty line. */
  header: Buffer
}

/** Bytes of a notification: with it come the letter's header, or a letter that is not large. */
export const LARGEST_RETURNED = 1024 * 1024

/** Bytes of the part that machines read. */
const MOST_STATUS = 64 * 1024

/** Characters of a field that goes back. */
const LONGEST = 200

/**
 * Reads a delivery status notification (RFC 3464) about a letter that was passed on.
 * @param domain  that the letter was written to
 * @returns 'other' for one that tells of no failure; undefined for what is none
 */
export function readReturned(content: Buffer, domain: string): Returned | 'other' | undefined {
  if (content.length > LARGEST_RETURNED) return undefined
  const message = parseMessage(content)
  const { root } = message
  if (mediaType(root) !== 'multipart/report' || root.parameters['report-type']?.toLowerCase() !== 'delivery-status')
    return undefined
  const part = root.children.find((one) => STATUS.has(mediaType(one)))
  if (part === undefined || part.bodyEnd - part.bodyStart > MOST_STATUS) return undefined
  const status = failureOf(partContent(message, part).bytes)
  if (status === undefined) return 'other'
  const original = root.children.map((one) => originalOf(message, one)).find((one) => one !== undefined)
  return {
    status,
    address: original && addressOf(original, domain),
    date: original && dateOf(original),
    header: headerOf(original),
  }
}

const STATUS: ReadonlySet<string> = new Set(['message/delivery-status', 'message/global-delivery-status'])

/** The status of the first recipient for whom it failed: a letter that is passed on has one. RFC 3464 §2.3. */
function failureOf(bytes: Uint8Array): string | undefined {
  const groups = Buffer.from(bytes)
    .toString('latin1')
    .split(/\r?\n[ \t]*\r?\n/)
  const failed = groups.find((group) => /^Action[ \t]*:[ \t]*failed\b/im.test(group))
  if (failed === undefined) return undefined
  return /^Status[ \t]*:[ \t]*(5\.\d{1,3}\.\d{1,3})\b/im.exec(failed)?.[1] ?? '5.0.0'
}

const WHOLE: ReadonlySet<string> = new Set(['message/rfc822', 'message/global'])
const HEADER: ReadonlySet<string> = new Set(['text/rfc822-headers', 'message/rfc822-headers', 'message/global-headers'])

function originalOf(message: Message, part: Part): Message | undefined {
  const type = mediaType(part)
  if (WHOLE.has(type)) return part.message ?? parseMessage(partContent(message, part).bytes)
  return HEADER.has(type) ? parseMessage(partContent(message, part).bytes) : undefined
}

/** From the field that we have put on top; of our own domain alone. */
function addressOf(original: Message, domain: string): string | undefined {
  // Servers after us may have put their own above it.
  for (const field of findFields(original, original.root, 'Delivered-To').slice(0, MOST_FIELDS)) {
    const parsed = parseAddress(fieldValue(original, field, 'Text').trim())
    if (parsed?.domain === domain) return parsed.address
  }
  return undefined
}

const MOST_FIELDS = 20

function dateOf(original: Message): Date | undefined {
  const date = lastValue(original, original.root, 'Date', 'Date')
  return date === null ? undefined : new Date(date)
}

/** Of what came back only what names the letter: the fields are a stranger's word, and go to somebody else. */
function headerOf(original: Message | undefined): Buffer {
  const fields = ['Subject', 'Date', 'Message-ID'].flatMap((name) => {
    const value = original && lastValue(original, original.root, name, 'Raw')
    const line = value
      ?.replace(/[^\x20-\x7e]+/g, ' ')
      .trim()
      .slice(0, LONGEST)
    return line === undefined || line === '' ? [] : [`${name}: ${line}\r\n`]
  })
  return Buffer.from(`${fields.join('')}\r\n`)
}
