import { charsetDecoder } from './charset.ts'

/**
 * =?charset*language?encoding?text?= (RFC 2047 §2, RFC 2231 §5). Longer words than the 75 octets allowed are read too.
 * No part can match the "?" that ends it, so a search through any text is linear.
 */
const WORD = /=\?([!-)+->@-~]+)(?:\*[!->@-~]*)?\?([bBqQ])\?([!->@-~]*)\?=/g

// RFC 8621 §4.1.2.2: control characters that were encoded are dropped.
const CONTROLS = /[\x00-\x1f\x7f-\x9f]/g

const BLANK = /^[ \t]*$/

/** Charsets in which every word begins and ends in ASCII (RFC 1468): joined, their escapes would not decode. */
const SHIFTED = /^iso-2022-/

/**
 * Decodes the encoded words in text that is already unfolded. A word counts only with white space or an end of the text
 * on both sides; white space between two words is dropped; a character split over two words of one charset is whole
 * again. A word in an unknown charset stays as it is, malformed bytes become U+FFFD.
 * @param isLenient  also decodes words that touch other text, as parameters of Content-Type show them
 */
export function decodeWords(text: string, isLenient = false): string {
  if (!text.includes('=?')) return text
  let output = ''
  let last = 0
  let run: { charset: string; bytes: Buffer[] } | undefined

  const endRun = (): void => {
    if (run) output += charsetDecoder(run.charset)!(Buffer.concat(run.bytes)).text.replace(CONTROLS, '')
    run = undefined
  }
  for (const match of text.matchAll(WORD)) {
    const [word, label, encoding, encoded] = match as unknown as [string, string, string, string]
    const end = match.index + word.length
    const stands = isSpace(text, match.index - 1) && isSpace(text, end)
    if (!(stands || isLenient) || !charsetDecoder(label)) continue

    const gap = text.slice(last, match.index)
    const charset = label.toLowerCase()
    if (!run || !BLANK.test(gap)) {
      endRun()
      output += gap
    } else if (run.charset !== charset || SHIFTED.test(charset)) {
      endRun()
    }
    run ??= { charset, bytes: [] }
    run.bytes.push(encoding === 'b' || encoding === 'B' ? Buffer.from(encoded, 'base64') : decodeQ(encoded))
    last = end
  }
  endRun()
  return output + text.slice(last)
}

/** Whether the text at `start` is an encoded word, and where it ends; -1 when it is none. */
export function wordEnd(text: string, start: number): number {
  WORD_HERE.lastIndex = start
  return WORD_HERE.test(text) ? WORD_HERE.lastIndex : -1
}
const WORD_HERE = new RegExp(WORD.source, 'y')

/** Whether text is nothing but encoded words and white space. */
export function isAllWords(text: string): boolean {
  let at = 0
  for (const match of text.matchAll(WORD)) {
    if (!BLANK.test(text.slice(at, match.index))) return false
    at = match.index + match[0].length
  }
  return at > 0 && BLANK.test(text.slice(at))
}

function isSpace(text: string, index: number): boolean {
  const character = text[index]
  return character === undefined || character === ' ' || character === '\t'
}

/** The "Q" encoding, RFC 2047 §4.2: quoted-printable with "_" for a space. */
function decodeQ(encoded: string): Buffer {
  const bytes = Buffer.allocUnsafe(encoded.length)
  let written = 0
  for (let at = 0; at < encoded.length; at++) {
    const code = encoded.charCodeAt(at)
    const pair = code === EQUALS ? encoded.slice(at + 1, at + 3) : ''
    if (HEX_PAIR.test(pair)) {
      bytes[written++] = Number.parseInt(pair, 16)
      at += 2
    } else {
      bytes[written++] = code === UNDERSCORE ? SPACE : code
    }
  }
  return bytes.subarray(0, written)
}
const SPACE = 32
const EQUALS = 61
const UNDERSCORE = 95
const HEX_PAIR = /^[0-9a-fA-F]{2}$/
