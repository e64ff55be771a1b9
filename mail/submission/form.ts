import { fieldName, hasBareLineEnd, hasSendableLines, parseMessage, type Field, type Message } from '#formats/message'
import { faulty } from './faults.ts'

/** RFC 5322 §3.6, RFC 2045 §3: fields of which a message has one at most. Which of two counts, readers disagree about. */
const ONCE = new Set([
  'date',
  'from',
  'sender',
  'reply-to',
  'to',
  'cc',
  'bcc',
  'message-id',
  'in-reply-to',
  'references',
  'subject',
  'mime-version',
  'content-type',
  'content-transfer-encoding',
  'content-disposition',
  'content-id',
])

/**
 * Parses a message that is to leave. Arriving mail is read as it comes; what leaves must read the same everywhere, so
 * that nobody sees another From than the one that was checked (RFC 6409 §6.1, §8).
 * @throws Refusal 'invalid' with the name of a fault
 */
export function parseStrictly(content: Buffer): Message {
  if (content.includes(0)) throw faulty('nul')
  if (hasBareLineEnd(content)) throw faulty('lineEnd')
  if (!hasSendableLines(content)) throw faulty('longLine')
  const message = parseMessage(content)
  if (!isStrict(message)) throw faulty('header')
  const seen = new Set<string>()
  for (const field of message.root.fields) {
    const name = fieldName(message, field).toLowerCase()
    if (ONCE.has(name) && seen.has(name)) throw faulty('repeated')
    seen.add(name)
  }
  return message
}

/** Whether the header is fields one after the other, and nothing that some reader would skip or end it at. */
function isStrict({ bytes, root }: Message): boolean {
  let at = 0
  for (const { nameStart, nameEnd, valueStart, valueEnd } of root.fields) {
    // RFC 5322 §4.5 allowed white space before the colon once; some readers then see another field.
    if (nameStart !== at || valueStart !== nameEnd + 1) return false
    at = valueEnd + CRLF
  }
  const header = bytes.toString('latin1', 0, at)
  const isEnded = root.bodyStart === at + CRLF || (at === bytes.length && root.bodyStart === at)
  // A line of white space ends the header for some (RFC 5322 §3.2.2 forbids it).
  return isEnded && !/\r\n[ \t]+\r\n/.test(header) && !/[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(header)
}

const CRLF = 2

/** A field with its line end, as it was written. */
export const fieldBytes = ({ bytes }: Message, { nameStart, valueEnd }: Field): Buffer =>
  bytes.subarray(nameStart, valueEnd + CRLF)
