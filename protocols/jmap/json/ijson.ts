/**
 * I-JSON (RFC 7493): JSON in well-formed UTF-8, without a name twice in an object, without a number that no double can
 * hold, without surrogates or noncharacters in strings. How deep and how wide it may be is bounded.
 */

/** Nothing in JMAP nests deeper than a filter; what does is made to exhaust a stack. */
export const MAX_DEPTH = 64

/** Members of all objects together; a thousand whole messages have fewer. Millions of names take seconds to parse. */
export const MAX_MEMBERS = 200_000

/** The text is not I-JSON. The message says which rule it breaks and quotes nothing. */
export class NotIJson extends Error {
  override name = 'NotIJson'
}

const utf8 = new TextDecoder('utf-8', { fatal: true })

/** @throws NotIJson */
export function parseIJson(bytes: Uint8Array | string): unknown {
  const text = typeof bytes === 'string' ? bytes : decode(bytes)
  let value: unknown
  try {
    // Before the parser, so that a bomb of brackets never becomes a tree.
    scan(text)
    value = JSON.parse(text)
  } catch (error) {
    throw error instanceof NotIJson ? error : new NotIJson('The text is not JSON.')
  }
  return value
}

function decode(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    throw new NotIJson('The text is not well-formed UTF-8.')
  }
}

/**
 * Walks the text once and checks what `JSON.parse` lets pass; the grammar itself is the parser's business. By hand:
 * a regular expression over ten megabytes of short tokens takes a second.
 */
function scan(text: string): void {
  if (!wellFormed(text)) throw new NotIJson('A string holds a surrogate or a noncharacter.')
  /** For each open object the names seen, for each open array undefined. */
  const open: (Set<string> | undefined)[] = []
  let members = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      const end = endOfString(text, at)
      const isName = isFollowedByColon(text, end)
      if (isName && ++members > MAX_MEMBERS) throw new NotIJson(`The objects have more than ${MAX_MEMBERS} members.`)
      checkString(text.slice(at, end), isName ? open.at(-1) : undefined)
      at = end - 1
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) {
      const depth = open.push(code === OPEN_OBJECT ? new Set() : undefined)
      if (depth > MAX_DEPTH) throw new NotIJson(`Arrays and objects nest deeper than ${MAX_DEPTH}.`)
    } else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) open.pop()
    else if (code >= ZERO && code <= NINE) {
      const start = at
      while (inNumber(text.charCodeAt(at + 1))) at++
      // Fewer digits without an exponent always fit.
      if (at - start > 3 && !Number.isFinite(Number(text.slice(start, at + 1))))
        throw new NotIJson('A number does not fit a double.')
    }
  }
}

const [QUOTE, BACKSLASH, COLON, ZERO, NINE] = [0x22, 0x5c, 0x3a, 0x30, 0x39]
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_ARRAY, CLOSE_ARRAY] = [0x7b, 0x7d, 0x5b, 0x5d]

/** Digits, and `+ - . E e`. */
const inNumber = (code: number): boolean =>
  (code >= ZERO && code <= NINE) || code === 0x2b || code === 0x2d || code === 0x2e || code === 0x45 || code === 0x65

/** @returns the place after the closing quote, or the end of the text */
function endOfString(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes++
    if (backslashes % 2 === 0) return at + 1
  }
  return text.length
}

/** @param names  the members its object has so far, when the string is the name of one */
function checkString(token: string, names: Set<string> | undefined): void {
  const isEscaped = token.includes('\\')
  if (!isEscaped && names === undefined) return
  const string = isEscaped ? (JSON.parse(token) as string) : token.slice(1, -1)
  if (isEscaped && !wellFormed(string)) throw new NotIJson('A string holds a surrogate or a noncharacter.')
  if (names?.has(string) === true) throw new NotIJson('An object has two members of the same name.')
  names?.add(string)
}

function isFollowedByColon(text: string, at: number): boolean {
  let code = text.charCodeAt(at)
  while (code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a) code = text.charCodeAt(++at)
  return code === COLON
}

/** U+FDD0 to U+FDEF, and the last two code points of every plane. */
const NONCHARACTER = /\p{Noncharacter_Code_Point}/u

function wellFormed(text: string): boolean {
  return text.isWellFormed() && !NONCHARACTER.test(text)
}

const ALL_NONCHARACTERS = /\p{Noncharacter_Code_Point}/gu
/** JSON.stringify writes a lone surrogate as an escape; a backslash before it may itself be escaped. */
const LONE_SURROGATE = /(?<!\\)((?:\\\\)*)\\ud[89a-f][0-9a-f]{2}/g

/** Writes I-JSON. What a string may not hold (subjects may hold anything) becomes U+FFFD. */
export function writeIJson(value: unknown): string {
  let text = JSON.stringify(value)
  if (text.includes('\\ud')) text = text.replace(LONE_SURROGATE, '$1\ufffd')
  return NONCHARACTER.test(text) ? text.replace(ALL_NONCHARACTERS, '\ufffd') : text
}
