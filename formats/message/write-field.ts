import { parseAddress } from './address.ts'
import { formatDate } from './date.ts'
import { encodeWords } from './encode-words.ts'
import type { HeaderForm } from './fields.ts'

/** RFC 5322 §2.1.1: how long a line should be at most, and how long it may be. */
const WANTED_LINE = 78
const LONGEST_LINE = 998
// A word of text longer than this is encoded, so that it can be folded.
const LONGEST_WORD = 200

const CONTROL = /[\x00-\x1f\x7f]/

/**
 * Each form of RFC 8621 §4.1.2 as the text of a field, to be folded at its spaces. Undefined when the value does not fit
 * the form, or holds a control character: no value can end the field and begin another.
 * The Raw form is written apart: it brings its own folding.
 */
const WRITERS: Readonly<Record<Exclude<HeaderForm, 'Raw'>, (value: unknown, room: number) => string | undefined>> = {
  Text: (value, room) => (typeof value === 'string' ? writeText(value, room) : undefined),
  Addresses: (value) => writeList(value, writeMailbox, ', '),
  GroupedAddresses: (value) => writeList(value, writeGroup, ', '),
  MessageIds: (value) => writeList(value, writeBracketed, ' '),
  Date: (value) => (typeof value === 'string' ? formatDate(value) : undefined),
  URLs: (value) => writeList(value, writeBracketed, ', '),
}

/**
 * One header field with its line end.
 * @returns '' for an empty list, which leaves the field out; undefined when the value cannot be written
 */
export function writeField(name: string, form: HeaderForm, value: unknown): string | undefined {
  if (form === 'Raw') return writeRaw(name, value)
  if (Array.isArray(value) && value.length === 0) return ''
  const text = WRITERS[form](value, WANTED_LINE - name.length - 4)
  return text === undefined ? undefined : foldField(name, text)
}

/** A field folded at spaces into lines of 78 octets where it can be; undefined when a line would be too long to send. */
export function foldField(name: string, text: string): string | undefined {
  const lines: string[] = []
  let line = `${name}:`
  let isFirst = true
  for (const word of text.split(' ')) {
    // Never before an empty word, so that no line is white space alone.
    if (!isFirst && word !== '' && line.length + 1 + word.length > WANTED_LINE) {
      lines.push(line)
      line = ''
    }
    line += ` ${word}`
    isFirst = false
  }
  lines.push(line)
  if (lines.some((each) => Buffer.byteLength(each) > LONGEST_LINE)) return undefined
  return `${lines.join('\r\n')}\r\n`
}

/** As given, folding included: each line end is followed by white space and by something that is none. */
function writeRaw(name: string, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const lines = `${name}:${value}`.split('\r\n')
  const isFolded = lines.every((line, index) => index === 0 || /^[ \t]+[^ \t]/.test(line))
  const isClean = lines.every(
    (line) => !CONTROL.test(line.replaceAll('\t', ' ')) && Buffer.byteLength(line) <= LONGEST_LINE,
  )
  return isFolded && isClean ? `${lines.join('\r\n').toWellFormed()}\r\n` : undefined
}

/** Text as it is when it is plain words, else as encoded words. */
function writeText(value: string, room: number): string | undefined {
  if (CONTROL.test(value.replaceAll('\t', ' '))) return undefined
  const isPlain = /^(?:[!-~]+(?: [!-~]+)*)?$/.test(value) && !value.includes('=?') && !hasLongWord(value)
  return isPlain ? value : encodeWords(value, room)
}

const hasLongWord = (text: string): boolean => text.split(' ').some((word) => word.length > LONGEST_WORD)

const PHRASE = /^[\w!#$%&'*+/=?^`{|}~-]+(?: [\w!#$%&'*+/=?^`{|}~-]+)*$/

/** A display name: atoms, a quoted string, or encoded words (RFC 5322 §3.4). */
function writePhrase(value: string): string | undefined {
  const name = value.trim()
  if (CONTROL.test(name)) return undefined
  const isAscii = /^[ -~]*$/.test(name) && !name.includes('=?') && !name.includes('  ') && !hasLongWord(name)
  if (!isAscii) return encodeWords(name)
  return PHRASE.test(name) ? name : `"${name.replace(/["\\]/g, String.raw`\$&`)}"`
}

function writeMailbox(item: unknown): string | undefined {
  const { name, email } = (item ?? {}) as { name?: unknown; email?: unknown }
  if (typeof email !== 'string' || !(name === undefined || name === null || typeof name === 'string')) return undefined
  const address = writeAddress(email)
  const phrase = typeof name === 'string' && name.trim() !== '' ? writePhrase(name) : ''
  if (address === undefined || phrase === undefined) return undefined
  if (phrase !== '') return `${phrase} <${address}>`
  return parseAddress(email) ? address : `<${address}>`
}

/** An address, or what stands for it in a draft, as long as no reader could take it for more than that. */
function writeAddress(email: string): string | undefined {
  const valid = parseAddress(email)
  // A domain in A-labels needs no server that knows SMTPUTF8; a local part beyond ASCII does.
  if (valid) return valid.address
  const text = email.trim().replace(/ +/g, ' ')
  return CONTROL.test(text) || /[<>"\\()]/.test(text) || text.length > LONGEST_WORD ? undefined : text.toWellFormed()
}

function writeGroup(item: unknown): string | undefined {
  const { name, addresses } = (item ?? {}) as { name?: unknown; addresses?: unknown }
  const list = writeList(addresses, writeMailbox, ', ')
  if (list === undefined) return undefined
  if (name === null || name === undefined) return list === '' ? undefined : list
  const phrase = typeof name === 'string' && name.trim() !== '' ? writePhrase(name) : undefined
  return phrase === undefined ? undefined : `${phrase}: ${list};`
}

/** An identifier or a URL in angle brackets. */
export function writeBracketed(item: unknown): string | undefined {
  const isWritable = typeof item === 'string' && /^[!-;=?-~]+$/.test(item) && item.length <= 900
  return isWritable ? `<${item}>` : undefined
}

function writeList(
  value: unknown,
  write: (item: unknown) => string | undefined,
  separator: string,
): string | undefined {
  if (!Array.isArray(value)) return undefined
  const written = value.map(write)
  return written.includes(undefined) ? undefined : written.join(separator)
}
