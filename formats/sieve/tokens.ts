import { bounds } from './script.ts'

/** `at` is where it begins in the text, in UTF-16 units. Words and tags (without colon) are in lower case. */
export type Token =
  | { kind: 'word' | 'tag' | 'string'; at: number; text: string }
  | { kind: 'number'; at: number; value: number }
  | { kind: 'mark'; at: number; text: Mark }
  | { kind: 'end'; at: number }

export type Mark = '[' | ']' | '(' | ')' | '{' | '}' | ',' | ';'

/** @throws SieveError */
export type Fail = (at: number, sentence: string) => never

const BLANK = /[ \t\r\n\uFEFF]*/y
const WORD = /[A-Za-z_]\w*/y
const NUMBER = /(\d+)([KMG]?)(?!\w)/iy
const MARKS = '[](){},;'
const STRING_STOP = /["\\]/g
/** After "text:", up to and with the end of the line. RFC 5228 §2.4.2: spaces and a comment may stand there. */
const TEXT_START = /:[ \t]*(?:#[^\n]*)?\r?\n/y
/** The line that has a dot alone, with the end of the line before it. */
const TEXT_END = /\n\.\r?\n/g

/** RFC 5228 §2.4.1. */
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }
const LARGEST_NUMBER = 2 ** 32 - 1

/** A word that messages may quote: of a script they show no more than that. */
const QUOTABLE = /^[\w;:.\-\\*/+$@]{1,40}$/

/** A word of the script as a sentence may show it, or `instead` when it is not a word. */
export function quoted(text: string, instead: string): string {
  return QUOTABLE.test(text) ? `“${text}”` : instead
}

export function describe(token: Token): string {
  if (token.kind === 'end') return 'the end of the script'
  if (token.kind === 'string') return 'a string'
  if (token.kind === 'number') return 'a number'
  if (token.kind === 'tag') return quoted(`:${token.text}`, 'a tag')
  return quoted(token.text, token.kind === 'word' ? 'a word' : `“${token.text}”`)
}

/** Gives the tokens of a script one after the other (RFC 5228 §8.1), and at the end the token `end` again and again. */
export function tokensOf(text: string, fail: Fail): () => Token {
  let at = 0
  let strings = 0

  const take = (pattern: RegExp, from = at): RegExpExecArray | null => {
    pattern.lastIndex = from
    return pattern.exec(text)
  }

  const skipBlank = (): void => {
    for (;;) {
      at += take(BLANK)![0].length
      if (text[at] === '#') {
        const end = text.indexOf('\n', at)
        at = end === -1 ? text.length : end + 1
      } else if (text.startsWith('/*', at)) {
        const end = text.indexOf('*/', at + 2)
        if (end === -1) fail(at, 'This comment is not closed: “*/” is missing.')
        at = end + 2
      } else return
    }
  }

  const string = (from: number, raw: string, end: number): Token => {
    // RFC 5228 §8.1: lines within strings end with CRLF, however the script was stored.
    const value = raw.replace(/\r?\n/g, '\r\n')
    if (++strings > bounds.strings) fail(from, `A script may have ${bounds.strings} strings at most.`)
    if (value.length > bounds.stringBytes || Buffer.byteLength(value) > bounds.stringBytes)
      fail(from, `A string may have ${bounds.stringBytes} bytes at most.`)
    at = end
    return { kind: 'string', at: from, text: value }
  }

  const quotedString = (from: number): Token => {
    let value = ''
    for (let start = from + 1; ;) {
      const stop = take(STRING_STOP, start)
      if (stop === null) return fail(from, 'This string is not closed: a quotation mark is missing.')
      value += text.slice(start, stop.index)
      if (stop[0] === '"') return string(from, value, stop.index + 1)
      // RFC 5228 §2.4.2: a backslash before anything else is as if it were not there.
      value += text[stop.index + 1] ?? ''
      start = stop.index + 2
    }
  }

  const textBlock = (from: number): Token => {
    const start = take(TEXT_START)
    if (start === null) return fail(from, 'After “text:” nothing but a comment may stand in the same line.')
    const first = at + start[0].length
    // The line end before the text counts as the one before the dot, for a text without lines.
    const end = take(TEXT_END, first - 1)
    if (end === null) return fail(from, 'This text is not closed: a line with a dot alone is missing.')
    const raw = text.slice(first, end.index + 1)
    return string(from, raw.replace(/(^|\n)\.\./g, '$1.'), end.index + end[0].length)
  }

  return () => {
    skipBlank()
    const from = at
    const character = text[at]
    if (character === undefined) return { kind: 'end', at }
    if (character === '"') return quotedString(from)
    if (MARKS.includes(character)) {
      at++
      return { kind: 'mark', at: from, text: character as Mark }
    }
    const word = take(WORD)?.[0]
    if (word !== undefined) {
      at += word.length
      if (text[at] === ':' && word.toLowerCase() === 'text') return textBlock(from)
      return { kind: 'word', at: from, text: word.toLowerCase() }
    }
    if (character === ':') {
      const tag = take(WORD, at + 1)?.[0]
      if (tag === undefined) fail(from, 'After “:” the name of a tag is expected.')
      at += 1 + tag.length
      return { kind: 'tag', at: from, text: tag.toLowerCase() }
    }
    const number = take(NUMBER)
    if (number !== null) {
      at += number[0].length
      const value = Number(number[1]) * FACTORS[number[2]!.toLowerCase()]!
      if (value > LARGEST_NUMBER) fail(from, `A number may be ${LARGEST_NUMBER} at most.`)
      return { kind: 'number', at: from, value }
    }
    if (/\d/.test(character)) return fail(from, 'After a number only “K”, “M” or “G” may stand.')
    return fail(from, 'This character may stand within strings and comments only.')
  }
}
