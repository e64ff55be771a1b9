import { bodyLists } from './body.ts'
import { htmlToText } from './html.ts'
import type { Message, Part } from './part.ts'
import { partText } from './text.ts'

/** RFC 8621 §4.1.4. */
const MAX_PREVIEW = 256

// How much of a body is read: little, and more when that held hardly any text, as in HTML that begins with its styles.
const READ_BYTES = [8_192, 262_144]
const MAX_PARTS = 8
const MAX_TEXT = 4_096

const QUOTED = /^\s{0,8}>/
const SIGNATURE = /^-- ?$/
const RULE = /^[-=_*~#+.\s]{3,}$/
const ATTRIBUTION =
  /^(?:on|am|le|op|il|el|em|den)\b.{5,200}(?:wrote|schrieb|a écrit|schreef|ha scritto|escribió|escreveu|skrev)\b.{0,80}:$/i
const PGP = /^(?:-----(?:BEGIN|END) PGP|Hash: )/
const NOT_OWN = [QUOTED, RULE, ATTRIBUTION, PGP]

/**
 * What a list shows of a message below its subject: at most 256 characters (UTF-16 units) of its text on one line.
 * Quoted lines, signatures and rules are left out where something else remains.
 */
export function preview(message: Message): string {
  const { textBody, htmlBody } = bodyLists(message)
  const parts = new Set([...textBody.slice(0, MAX_PARTS), ...htmlBody.slice(0, MAX_PARTS)])
  for (const part of parts) {
    const text = part.type === 'text' ? partPreview(message, part) : ''
    if (text !== '') return text
  }
  return ''
}

function partPreview(message: Message, part: Part): string {
  let line = ''
  for (const bytes of READ_BYTES) {
    const { text } = partText(message, part, bytes)
    line = condense(part.subtype === 'html' ? htmlToText(text, { limit: MAX_TEXT }) : text.slice(0, MAX_TEXT))
    if (line.length >= MAX_PREVIEW || part.bodyEnd - part.bodyStart <= bytes) break
  }
  return line
}

function condense(text: string): string {
  const lines = text.split('\n')
  return onOneLine(ownLines(lines)) || onOneLine(lines)
}

/** Without what was quoted, signed or drawn. */
function* ownLines(lines: readonly string[]): Generator<string> {
  for (const line of lines) {
    if (SIGNATURE.test(line)) return
    if (!NOT_OWN.some((pattern) => pattern.test(line))) yield line
  }
}

function onOneLine(lines: Iterable<string>): string {
  let output = ''
  for (const line of lines) {
    for (const word of line.split(SPACE)) {
      const visible = withoutPadding(word)
      if (visible === '') continue
      output += output === '' ? visible : ` ${visible}`
      if (output.length > MAX_PREVIEW) return cut(output)
    }
  }
  return output
}

/** White space and control characters. */
const SPACE = /[\s\x00-\x1f\x7f-\x9f]+/u

const PLAIN = /^[!-~]*$/

/** What senders fill the preview with so that nothing else of the message shows: marks that take no room. */
const INVISIBLE =
  /[\u{34f}\u{17b4}\u{17b5}\u{ad}\u{115f}\u{1160}\u{180e}\u{200b}\u{2060}-\u{2064}\u{3164}\u{feff}\u{ffa0}]/gu
// Joiners and direction marks matter inside a word, and are padding at its ends.
const JOINERS = new Set(['\u200c', '\u200d', '\u200e', '\u200f', '\u061c', '\u2800'])

function withoutPadding(word: string): string {
  if (PLAIN.test(word)) return word
  const visible = word.replace(INVISIBLE, '')
  let start = 0
  let end = visible.length
  while (start < end && JOINERS.has(visible[start]!)) start++
  while (end > start && JOINERS.has(visible[end - 1]!)) end--
  return visible.slice(start, end)
}

/** Not through the middle of a character. */
function cut(text: string): string {
  const end = text.charCodeAt(MAX_PREVIEW - 1) >> 10 === 0x36 ? MAX_PREVIEW - 1 : MAX_PREVIEW
  return text.slice(0, end).trimEnd()
}
