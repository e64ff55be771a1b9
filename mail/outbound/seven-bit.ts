import { isAscii } from 'node:buffer'
import { bodyBytes, findFields, isIdentity, parseMessage, walkParts, type Message, type Part } from '#formats/message'

interface Edit {
  from: number
  to: number
  text: Buffer
}

const FIELD = 'Content-Transfer-Encoding'

/**
 * A message as a server takes it that knows seven-bit text only (RFC 6152 §3): bodies with other bytes become base64,
 * nothing else changes. The signatures of others over such a body are broken by it.
 * @returns undefined when bytes stand where no encoding is allowed: in a header, or between the parts of a multipart
 */
export function toSevenBit(content: Buffer): Buffer | undefined {
  const message = parseMessage(content)
  const isMime = findFields(message, message.root, 'MIME-Version').length > 0
  if (!isMime || message.isCutShort) return undefined
  const edits = [...walkParts(message.root, true)].flatMap((part) => editsOf(message, part))
  const pieces: Buffer[] = []
  let at = 0
  for (const { from, to, text } of edits.toSorted((a, b) => a.from - b.from)) {
    pieces.push(content.subarray(at, from), text)
    at = to
  }
  const converted = Buffer.concat([...pieces, content.subarray(at)])
  return isAscii(converted) ? converted : undefined
}

function editsOf(message: Message, part: Part): Edit[] {
  const isContainer = part.children.length > 0 || part.message !== null
  if (isContainer) return isIdentity(part.encoding) && part.encoding !== '7bit' ? [named(message, part, '7bit')] : []
  const body = bodyBytes(message, part)
  if (isAscii(body) || !isIdentity(part.encoding)) return []
  const lines = body.toString('base64').match(/.{1,76}/g) ?? []
  const text = Buffer.from(lines.join('\r\n') + (body.at(-1) === 10 ? '\r\n' : ''))
  return [named(message, part, 'base64'), { from: part.bodyStart, to: part.bodyEnd, text }]
}

/** The field that tells the encoding, in the place of the old one or before the others. */
function named(message: Message, part: Part, encoding: string): Edit {
  const [field] = findFields(message, part, FIELD)
  const text = `${FIELD}: ${encoding}`
  return field === undefined
    ? { from: part.headerStart, to: part.headerStart, text: Buffer.from(`${text}\r\n`) }
    : { from: field.nameStart, to: field.valueEnd, text: Buffer.from(text) }
}
