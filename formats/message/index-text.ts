import { envelope } from './envelope.ts'
import { htmlToText } from './html.ts'
import { walkParts, type Message, type Part } from './part.ts'
import { partText } from './text.ts'

const DEFAULT_LIMIT = 1_000_000
// Markup and transfer encoding make a body several times as long as its text.
const BYTES_PER_CHARACTER = 8

/**
 * All the text that a search of the body should find: the text parts, those of attached messages too with their subjects
 * and names, what pictures are called, and the names of the files.
 * @param limit  characters; what is beyond is left out
 */
export function textForIndex(message: Message, limit = DEFAULT_LIMIT): string {
  const pieces: string[] = []
  let left = limit
  const add = (text: string | null): void => {
    if (!text || left <= 0) return
    const piece = text.slice(0, left)
    pieces.push(piece)
    left -= piece.length + 1
  }
  // Names first: they are short, and must not be lost behind a long body.
  for (const part of walkParts(message.root, true)) {
    add(part.filename)
    add(part.description)
    if (part.message) for (const text of envelopeText(part.message)) add(text)
  }
  for (const part of walkParts(message.root, true)) {
    if (left <= 0) break
    if (part.type === 'text' && part.subtype !== 'css') add(visibleText(message, part, left))
  }
  return pieces.join('\n')
}

function visibleText(message: Message, part: Part, limit: number): string {
  const { text } = partText(message, part, limit * BYTES_PER_CHARACTER)
  return part.subtype === 'html' ? htmlToText(text, { limit, withAttributes: true }) : text
}

function envelopeText(message: Message): (string | null)[] {
  const { subject, from, to, cc } = envelope(message)
  return [subject, ...[from, to, cc].flatMap((list) => (list ?? []).flatMap(({ name, email }) => [name, email]))]
}
