import { encodeText } from './charset.ts'

/** A header field. The value is latin-1: one character is one byte. */
export type Field = readonly [name: string, value: string]

/** How names and subjects that are not ASCII are written: as encoded words, or `raw`, as bytes of the charset. */
export interface HeaderStyle {
  charset: string
  isRaw: boolean
}

/** RFC 5322 §2.1.1 asks for lines of 78 characters. */
const LINE = 78
/** RFC 2047 §2 allows 75, and 76 for a line with the field's name before it. */
const WORD = 60

const isAscii = (text: string): boolean => /^[ -~]*$/.test(text)

/** A field with its line ends: folded at spaces (RFC 5322 §2.2.3). */
export function writeField([name, value]: Field): string {
  let line = `${name}:`
  let written = ''
  for (const word of value.split(' ')) {
    if (line.length + 1 + word.length > LINE && line.length > name.length + 1) {
      written += `${line}\r\n`
      line = ''
    }
    line += ` ${word}`
  }
  return `${written}${line}\r\n`
}

/** Text for an unstructured field such as Subject. */
export function writeText(text: string, { charset, isRaw }: HeaderStyle): string {
  if (isAscii(text)) return text
  return isRaw ? encodeText(text, charset).toString('latin1') : encodedWords(text, charset)
}

/** Name and address (RFC 5322 §3.4). */
export function writeAddress(name: string, address: string, style: HeaderStyle): string {
  const isPlain = /^[\w !#$%&'*+/=?^`{|}~-]+$/.test(name)
  const phrase = isPlain || !isAscii(name) ? writeText(name, style) : `"${name.replace(/["\\]/g, String.raw`\$&`)}"`
  return `${phrase} <${address}>`
}

/** Words of at most 60 characters, no character split between two (RFC 2047 §5). */
function encodedWords(text: string, charset: string): string {
  const isMostlyAscii = (text.match(/[ -~]/g)?.length ?? 0) > text.length / 2
  const write = (part: string): string => {
    const bytes = encodeText(part, charset)
    return `=?${charset}?${isMostlyAscii ? `Q?${encodeQ(bytes)}` : `B?${bytes.toString('base64')}`}?=`
  }
  const words: string[] = []
  let part = ''
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (part !== '' && write(part + segment).length > WORD) {
      words.push(write(part))
      part = ''
    }
    part += segment
  }
  return [...words, write(part)].join(' ')
}

/** RFC 2047 §4.2 and, for names, §5 (3). */
const encodeQ = (bytes: Buffer): string =>
  bytes.toString('latin1').replace(/[^A-Za-z0-9!*+/-]/g, (character) => (character === ' ' ? '_' : hex('=', character)))

/**
 * Parameters of a MIME field, such as `; filename*0*=UTF-8''Wohnungs%C3%BC; filename*1*=bergabe.pdf`: encoded, and cut
 * where long, as RFC 2231 §3 and §4 say.
 */
export function writeParameters(parameters: Record<string, string>): string {
  return Object.entries(parameters)
    .flatMap(([name, value]) => (isAscii(value) ? [`${name}=${quoted(value)}`] : extended(name, value)))
    .map((parameter) => `; ${parameter}`)
    .join('')
}

const quoted = (value: string): string =>
  /^[\w.+-]+$/.test(value) ? value : `"${value.replace(/["\\]/g, String.raw`\$&`)}"`

function extended(name: string, value: string): string[] {
  const encoded = Buffer.from(value)
    .toString('latin1')
    .replace(/[^\w.-]/g, (character) => hex('%', character))
  const pieces = encoded.match(/.{1,60}(?<!%|%.)/g) ?? []
  return pieces.length === 1
    ? [`${name}*=UTF-8''${encoded}`]
    : pieces.map((piece, number) => `${name}*${number}*=${number === 0 ? "UTF-8''" : ''}${piece}`)
}

const hex = (mark: string, character: string): string =>
  mark + character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')
