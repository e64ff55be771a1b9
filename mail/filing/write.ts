import {
  fieldName,
  fieldValue,
  findFields,
  hasSendableLines,
  InvalidMessage,
  parseAddresses,
  parseMessage,
  writeField,
  writeMessage,
} from '#formats/message'
import type { Notify, Vacation } from './situation.ts'

/** What whoever sends a letter knows of it. */
export interface Written {
  /** RFC 3339. */
  date: string
  /** Without brackets. */
  messageId: string
}

/**
 * An answer as a letter. RFC 5230 §5, RFC 3834 §3.
 * @throws InvalidMessage for what no letter can hold
 */
export async function writeAnswer(answer: Vacation, written: Written): Promise<Buffer> {
  const { from, to, subject, inReplyTo, references, isMime, text } = answer
  const letter = await write(
    {
      from: parseAddresses(from),
      to: [{ name: null, email: to }],
      subject,
      inReplyTo,
      references,
      'header:Auto-Submitted:asText': 'auto-replied',
      'header:X-Auto-Response-Suppress:asText': 'All',
    },
    isMime ? '' : text,
    written,
  )
  return isMime ? withPart(letter, text) : letter
}

/**
 * A notification as a letter. RFC 5436 §2.7.
 * @param owner  the address of whoever has the script: complaints about it go there
 * @throws InvalidMessage for what no letter can hold
 */
export function writeNotification(notice: Notify, owner: string, written: Written): Promise<Buffer> {
  const { from, to, cc, subject, text } = notice
  const people = (list: readonly string[]) => list.map((email) => ({ name: null, email }))
  return write(
    {
      from: people([from ?? owner]),
      to: people(to),
      cc: people(cc),
      subject,
      'header:Auto-Submitted:asText': `auto-notified; owner-email="${owner.replace(/["\\]/g, String.raw`\$&`)}"`,
    },
    text,
    written,
  )
}

const write = (fields: Readonly<Record<string, unknown>>, text: string, written: Written): Promise<Buffer> =>
  writeMessage(
    { ...fields, textBody: [{ partId: 'text', type: 'text/plain' }], bodyValues: { text: { value: text } } },
    { ...written, loadBlob: () => Promise.reject(new InvalidMessage(['textBody'])) },
  )

/** The letter with a MIME part for its body (RFC 5230 §4.4). Of the part's header what describes the part is taken, and nothing else. */
function withPart(letter: Buffer, text: string): Buffer {
  const message = parseMessage(letter)
  const [version] = findFields(message, message.root, 'MIME-Version')
  const part = parseMessage(Buffer.from(text.replace(/\r?\n/g, '\r\n')))
  const fields = part.root.fields.flatMap((field) => {
    const name = fieldName(part, field)
    return /^content-/i.test(name) ? (writeField(name, 'Raw', fieldValue(part, field, 'Raw')) ?? []) : []
  })
  const body = part.bytes.subarray(part.root.bodyStart)
  if (version === undefined || !hasSendableLines(body)) throw new InvalidMessage(['textBody'])
  const header = Buffer.from(`MIME-Version: 1.0\r\n${fields.join('')}\r\n`)
  return Buffer.concat([letter.subarray(0, version.nameStart), header, body])
}
