import { charsetDecoder, decodeUnlabelled } from './charset.ts'
import { decodeWords } from './words.ts'

/** The value of a structured MIME field such as Content-Type: a word, then attributes (RFC 2045 §5.1). */
export interface Structured {
  /** Lower case, without comments; '' when there is none. */
  readonly value: string
  /** As written, in order, undecoded: names in lower case, values latin-1 without their quotes. */
  readonly attributes: readonly (readonly [name: string, value: string])[]
}

const MAX_ATTRIBUTES = 200
const MAX_TEXT = 65_536

const VALUE = /[^\s;()"]+/y
// An attribute begins after any run of separators; what cannot begin one is stepped over.
const SEPARATORS = /(?:[\s;]|[^\w;\s(*!#$%&'+.^`{|}~-])+/y
const NAME = /([\w*!#$%&'+.^`{|}~-]+)[ \t]*=[ \t]*/y
const QUOTED = /"((?:[^"\\]|\\.)*)(?:"|\\?$)/sy
const NAME_FOLLOWS = /[\w*!#$%&'+.^`{|}~-]+[ \t]*=/y

/**
 * Reads a field as senders write it: missing semicolons and quotes, file names with spaces, backslashes of Windows paths.
 * @param raw  the value as it stands in the message, latin-1, folded or not
 */
export function parseStructured(raw: string): Structured {
  const text = raw.slice(0, MAX_TEXT).replace(/[\r\n]+/g, '')
  let at = skipComments(text, 0)
  const word = matchAt(VALUE, text, at)
  const value = word?.[0].toLowerCase() ?? ''
  at += word?.[0].length ?? 0

  const attributes: [string, string][] = []
  while (at < text.length && attributes.length < MAX_ATTRIBUTES) {
    const name = matchAt(NAME, text, at)
    if (name) {
      at += name[0].length
      const { value, end } = readValue(text, at, isFileName(name[1]!))
      attributes.push([name[1]!.toLowerCase(), value])
      at = end
    } else {
      const next = skipComments(text, at + (matchAt(SEPARATORS, text, at)?.[0].length ?? 0))
      // A word that is no attribute is passed over whole, so that no character is looked at twice.
      at = next > at ? next : at + (matchAt(VALUE, text, at)?.[0].length ?? 1)
    }
  }
  return { value, attributes }
}

const isFileName = (name: string): boolean => /^(?:file)?name$/i.test(name)

function readValue(text: string, start: number, isFileName: boolean): { value: string; end: number } {
  const quoted = matchAt(QUOTED, text, start)
  if (quoted) {
    // Only a quote or a backslash is escaped: "C:\mail\x.txt" keeps its separators.
    return { value: quoted[1]!.replace(/\\(["\\])/g, '$1'), end: start + quoted[0].length }
  }
  // Up to the semicolon, or to white space that another attribute follows; a comment ends it too, but "a (1).pdf" is a name.
  let end = start
  while (end < text.length && text[end] !== ';') {
    if (text[end] === '(' && !isFileName) break
    if (text[end] === ' ' || text[end] === '\t') {
      const next = skipBlank(text, end)
      NAME_FOLLOWS.lastIndex = next
      if (NAME_FOLLOWS.test(text)) break
      end = next
    } else end++
  }
  return { value: text.slice(start, end).trim(), end }
}

function skipBlank(text: string, from: number): number {
  let at = from
  while (text[at] === ' ' || text[at] === '\t') at++
  return at
}

/** After white space and comments. A comment that never closes takes the rest, as a reader of the grammar would. */
function skipComments(text: string, from: number): number {
  let at = skipBlank(text, from)
  while (text[at] === '(') {
    let depth = 0
    do {
      if (text[at] === '(') depth++
      else if (text[at] === ')') depth--
      else if (text[at] === '\\') at++
      at++
    } while (depth > 0 && at < text.length)
    at = skipBlank(text, at)
  }
  return Math.min(at, text.length)
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

const EXTENDED = /^([^*]+)\*(?:(\d{1,4})(\*?))?$/
const CHARSET_AND_LANGUAGE = /^([^']*)'[^']*'/s

interface Segment {
  readonly index: number
  readonly isEncoded: boolean
  readonly value: string
}

/**
 * The attributes as parameters: continuations joined and character sets decoded (RFC 2231), else encoded words decoded,
 * which RFC 2047 forbids here and most senders write. Of two with one name the first counts, an extended one before a
 * plain one. Control characters are dropped.
 * @returns an object without a prototype, names in lower case
 */
export function decodeParameters(attributes: Structured['attributes']): Record<string, string> {
  const parameters: Record<string, string> = Object.create(null)
  const segments = new Map<string, Segment[]>()
  for (const [attribute, value] of attributes) {
    const extended = EXTENDED.exec(attribute)
    if (!extended) parameters[attribute] ??= decodePlain(value)
    else {
      const [, name, index, mark] = extended as unknown as [string, string, string?, string?]
      const segment = { index: Number(index ?? 0), isEncoded: index === undefined || mark === '*', value }
      const before = segments.get(name)
      if (before) before.push(segment)
      else segments.set(name, [segment])
    }
  }
  for (const [name, parts] of segments) parameters[name] = decodeSegments(parts)
  return parameters
}

function decodePlain(value: string): string {
  const text = decodeUnlabelled(Buffer.from(value, 'latin1')).text
  return withoutControls(decodeWords(text, true))
}

function decodeSegments(segments: Segment[]): string {
  const sorted = segments.toSorted((a, b) => a.index - b.index)
  const ordered = sorted.filter((segment, position) => segment.index !== sorted[position - 1]?.index)
  if (!ordered.some((segment) => segment.isEncoded)) return decodePlain(ordered.map(({ value }) => value).join(''))
  let charset = ''
  const bytes = ordered.map(({ isEncoded, value }, position) => {
    if (!isEncoded) return Buffer.from(value, 'latin1')
    const prefix = position === 0 ? CHARSET_AND_LANGUAGE.exec(value) : null
    charset = prefix?.[1] ?? charset
    return decodePercents(value.slice(prefix?.[0].length ?? 0))
  })
  return withoutControls((charsetDecoder(charset) ?? decodeUnlabelled)(Buffer.concat(bytes)).text)
}

const decodePercents = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )

const withoutControls = (text: string): string => text.replace(/[\x00-\x1f\x7f]/g, '').normalize('NFC')
