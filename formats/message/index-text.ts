import { envelope } from './envelope.ts'
import { htmlToText } from './html.ts'
import { walkParts, type Message, type Part } from './part.ts'
import { partText } from './text.ts'

const DEFAULT_LIMIT = 1_000_000
// Markup and transfer encoding make a body several times as long as its text.
const BYTES_PER_CHARACTER = 8

/** The text of a message that a search should find. */
export interface IndexedText {
  /** The text parts, those of attached messages too with their subjects and people, and what pictures are called. */
  body: string
  /** The names and descriptions of its files. */
  names: string[]
}

/** Files whose names are given, and characters of each. */
const MOST_NAMES = 1000
const LONGEST_NAME = 500

/** @param limit  characters of the body; what is beyond is left out */
export function textForIndex(message: Message, limit = DEFAULT_LIMIT): IndexedText {
  const pieces: string[] = []
  const names: string[] = []
  let left = limit
  const add = (text: string | null): void => {
    if (!text || left <= 0) return
    const piece = text.slice(0, left)
    pieces.push(piece)
    left -= piece.length + 1
  }
  // People and subjects first: they are short, and must not be lost behind a long body.
  for (const part of walkParts(message.root, true)) {
    for (const name of [part.filename, part.description])
      if (name && names.length < MOST_NAMES) names.push(name.slice(0, LONGEST_NAME))
    if (part.message) for (const text of envelopeText(part.message)) add(text)
  }
  for (const part of walkParts(message.root, true)) {
    if (left <= 0) break
    if (part.type === 'text' && part.subtype !== 'css') add(visibleText(message, part, left))
  }
  return { body: pieces.join('\n'), names }
}

function visibleText(message: Message, part: Part, limit: number): string {
  const { text } = partText(message, part, limit * BYTES_PER_CHARACTER)
  return part.subtype === 'html' ? htmlToText(text, { limit, withAttributes: true }) : text
}

function envelopeText(message: Message): (string | null)[] {
  const { subject, from, to, cc } = envelope(message)
  return [subject, ...[from, to, cc].flatMap((list) => (list ?? []).flatMap(({ name, email }) => [name, email]))]
}
