import { BadCommand } from './bad-command.ts'
import type { Range, SequenceSet } from './sequence-set.ts'

/** A command as it came: text, and between it the literals that were announced at its ends. */
export type Pieces = (string | Buffer)[]

/** Parentheses within one another, in whatever a command has them for. */
export const DEEPEST = 50
/** Members of one list. */
const MOST_IN_LIST = 10_000

// RFC 9051 §9. Text is Latin-1 here: a character for each byte.
const ATOM = /[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y
/** astring: an atom may have "]" then. */
const ASTRING = /[^\x00-\x20\x7f-\xff(){%*"\\]+/y
/** list-mailbox. */
const PATTERN = /[^\x00-\x20\x7f-\xff(){"\\]+/y
const QUOTED = /"((?:[^\x00\r\n"\\]|\\["\\])*)"/y
const NUMBER = /\d{1,20}/y
const SET = /(?:\*|\d{1,10})(?::(?:\*|\d{1,10}))?(?:,(?:\*|\d{1,10})(?::(?:\*|\d{1,10}))?)*/y
const FLAG = /\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y
const LITERAL = /~?\{\d+\+?\}$/y

/** Greatest number of RFC 9051's grammar (number, nz-number), and of number64 as far as JavaScript counts. */
const MOST = 4_294_967_295

/**
 * Reads a command in the order of its grammar: each method takes what its name says, or throws. Only what stands here is
 * looked at, so parsing is linear in the command.
 * @throws BadCommand
 */
export class Input {
  readonly #pieces: Pieces
  #piece = 0
  #text: string
  #at = 0
  #depth = 0

  constructor(pieces: Pieces) {
    this.#pieces = pieces
    this.#text = pieces[0] as string
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length && this.#piece === this.#pieces.length - 1
  }

  end(): void {
    if (!this.isAtEnd) throw new BadCommand('More than this command takes')
  }

  /** The next character, in upper case; empty at the end of the text. */
  peek(length = 1): string {
    return this.#text.slice(this.#at, this.#at + length).toUpperCase()
  }

  /** Takes this text, in whatever case, if it comes next. */
  accept(text: string): boolean {
    if (this.peek(text.length) !== text.toUpperCase()) return false
    this.#at += text.length
    return true
  }

  expect(text: string): void {
    if (!this.accept(text)) throw new BadCommand(text === ' ' ? 'A space is wanted' : `"${text}" is wanted`)
  }

  space(): void {
    this.expect(' ')
  }

  /** Takes what a sticky pattern finds here: for what only one command has. Its first group, or all of it. */
  match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (found === null) return undefined
    this.#at = pattern.lastIndex
    return found[1] ?? found[0]
  }

  atom(): string {
    const atom = this.match(ATOM)
    if (atom === undefined) throw new BadCommand('An atom is wanted')
    return atom
  }

  /** An atom that is a keyword of the protocol, in upper case. */
  word(): string {
    return this.atom().toUpperCase()
  }

  /** number: 0 to 2^32-1. */
  number(): number {
    const number = this.number64()
    if (number > MOST) throw new BadCommand('The number is too large')
    return number
  }

  nonZero(): number {
    const number = this.number()
    if (number === 0) throw new BadCommand('A number greater than 0 is wanted')
    return number
  }

  /** number64, as far as it can be told from its neighbours. */
  number64(): number {
    const digits = this.match(NUMBER)
    if (digits === undefined) throw new BadCommand('A number is wanted')
    const number = Number(digits)
    if (number > Number.MAX_SAFE_INTEGER) throw new BadCommand('The number is too large')
    return number
  }

  get isLiteral(): boolean {
    LITERAL.lastIndex = this.#at
    return LITERAL.test(this.#text)
  }

  /** literal or literal8, as it came. */
  literal(): Buffer {
    if (!this.isLiteral) throw new BadCommand('A literal is wanted')
    const literal = this.#pieces[this.#piece + 1] as Buffer
    this.#piece += 2
    this.#text = this.#pieces[this.#piece] as string
    this.#at = 0
    return literal
  }

  /** string: quoted or literal. */
  bytes(): Buffer {
    if (this.isLiteral) {
      const isBinary = this.peek() === '~'
      const bytes = this.literal()
      if (!isBinary && bytes.includes(0)) throw new BadCommand('A literal here has no NUL')
      return bytes
    }
    const quoted = this.match(QUOTED)
    if (quoted === undefined) throw new BadCommand('A string is wanted')
    return Buffer.from(quoted.replace(/\\(.)/g, '$1'), 'latin1')
  }

  /** string, as text. */
  string(): string {
    return decode(this.bytes())
  }

  astring(): string {
    return this.match(ASTRING) ?? this.string()
  }

  /** nstring: undefined for NIL. */
  nstring(): string | undefined {
    if (this.peek() === '"' || this.isLiteral) return this.string()
    this.expect('NIL')
    return undefined
  }

  /** mailbox: what stands there; mailboxPath turns it into names. RFC 9051 §9. */
  mailbox(): string {
    return this.astring()
  }

  /** list-mailbox: with its wildcards. */
  pattern(): string {
    return this.match(PATTERN) ?? this.string()
  }

  /** flag, a system flag with its backslash. */
  flag(): string {
    const flag = this.match(FLAG)
    if (flag === undefined) throw new BadCommand('A flag is wanted')
    return flag
  }

  sequenceSet(): SequenceSet {
    if (this.accept('$')) return '$'
    const text = this.match(SET)
    if (text === undefined) throw new BadCommand('A sequence set is wanted')
    return text.split(',').map((part): Range => {
      const [from = '', to = from] = part.split(':')
      return [numberIn(from), numberIn(to)]
    })
  }

  /** `(` members with single spaces between them `)`. */
  list<T>(member: () => T): T[] {
    const members: T[] = []
    this.group(() => {
      if (this.peek() === ')') return
      do {
        if (members.length >= MOST_IN_LIST) throw new BadCommand('The list is too long')
        members.push(member())
      } while (this.accept(' '))
    })
    return members
  }

  /** `(` something `)`, no deeper than is bearable. */
  group<T>(inside: () => T): T {
    this.expect('(')
    if (++this.#depth > DEEPEST) throw new BadCommand('Nested too deep')
    const value = inside()
    this.#depth--
    this.expect(')')
    return value
  }

  /** date-time: `"17-Jul-1996 02:44:25 -0700"`. */
  dateTime(): Date {
    const quoted = this.match(QUOTED)
    const [, day, month, year, time, sign, hours, minutes] =
      /^([ \d]\d)-([A-Za-z]{3})-(\d{4}) (\d{2}:\d{2}:\d{2}) ([+-])(\d{2})(\d{2})$/.exec(quoted ?? '') ?? []
    const at = Date.parse(`${dateText(day, month, year)}T${time}${sign}${hours}:${minutes}`)
    if (Number.isNaN(at)) throw new BadCommand('A date and time is wanted')
    return new Date(at)
  }

  /** date: `1-Feb-1994`, perhaps in quotes. @returns midnight UTC of that day */
  date(): Date {
    const text = this.match(QUOTED) ?? this.atom()
    const [, day, month, year] = /^(\d{1,2})-([A-Za-z]{3})-(\d{4})$/.exec(text) ?? []
    const at = Date.parse(`${dateText(day, month, year)}T00:00:00Z`)
    if (Number.isNaN(at)) throw new BadCommand('A date is wanted')
    return new Date(at)
  }
}

const numberIn = (text: string): number => {
  if (text === '*') return Infinity
  const number = Number(text)
  if (number === 0 || number > MOST) throw new BadCommand('A sequence number is none')
  return number
}

const MONTHS = ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC']

/** `yyyy-mm-dd`, for Date.parse; nothing that it can read for a day that there is none of. */
function dateText(day = '', month = '', year = ''): string {
  const number = MONTHS.indexOf(month.toUpperCase()) + 1
  const lastDay = new Date(Date.UTC(2000 + (Number(year) % 400), number, 0)).getUTCDate()
  if (number === 0 || Number(day) > lastDay) return ''
  return `${year}-${String(number).padStart(2, '0')}-${day.trim().padStart(2, '0')}`
}

/** UTF-8, and Latin-1 of what is none: a client that sends bytes should find something. */
function decode(bytes: Buffer): string {
  const text = bytes.toString()
  return text.includes('\ufffd') && !bytes.includes('\ufffd') ? bytes.toString('latin1') : text
}
