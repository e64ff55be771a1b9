import { unescapeFrom } from './escape.ts'
import { parseFromLine } from './from-line.ts'
import { OWN_FIELDS, readStatus, type MboxStatus } from './status.ts'

/** Where something stands in the file. */
interface Place {
  /** Of its first byte. */
  offset: number
  /** Of the byte after it, where whoever stops may go on. */
  end: number
  /** Of its first line, from 1, and of the line after it. */
  line: number
  nextLine: number
}

export interface MboxLetter extends Place, Omit<MboxStatus, 'contentLength'> {
  /** Without what the mailbox put in. */
  bytes: Buffer
  /** As the From line has it. */
  receivedAt: Date | undefined
}

/** Why a part of a mailbox is no letter: it stands before the first one, has no header, is too large, or holds nothing. */
export type MboxReason = 'noFromLine' | 'noHeader' | 'tooLarge' | 'empty'

export type MboxEntry = MboxLetter | (Place & { damage: MboxReason })

const LF = 10
const CR = 13
const SEPARATOR = Buffer.from('\nFrom ')

/** Bytes that a From line and the beginning of the line after it may have together. */
const LOOKAHEAD = 4096

/** Of a header, in which the fields of a mailbox are looked for. */
const HEADER = 256 * 1024

/**
 * Reads a mailbox letter by letter; in memory is one of them. What is no letter is named, and the rest goes on.
 * @param most  bytes of a letter; what is larger is passed over
 * @param start  where in the file the pieces begin, and in which line: at an entry's end
 */
export async function* readMbox(
  pieces: AsyncIterable<Uint8Array>,
  { most, start = { offset: 0, line: 1 } }: { most: number; start?: { offset: number; line: number } },
): AsyncGenerator<MboxEntry> {
  const held = openHeld()
  let { offset, line } = start
  /** Up to where there is no other letter's beginning. */
  let scanned = 0
  /** Bytes of a part that is too large, and its lines, which are no longer here. */
  let passed = { bytes: 0, lines: 0 }

  /** The entry that ends before `end` of what is held, which is let go; undefined for empty lines before the first. */
  const take = (end: number, letter: Split): MboxEntry | undefined => {
    const bytes = held.bytes()
    const isTooLarge = passed.bytes > 0 || letter.end > most + LOOKAHEAD
    const entry = isTooLarge
      ? { damage: 'tooLarge' as const }
      : entryOf(bytes.subarray(0, letter.end), letter.isVerbatim)
    const nextLine = line + passed.lines + linesOf(bytes.subarray(0, end))
    const place = { offset, end: offset + passed.bytes + end, line, nextLine }
    offset = place.end
    line = nextLine
    held.drop(end)
    passed = { bytes: 0, lines: 0 }
    scanned = 0
    return entry && { ...entry, ...place }
  }

  const source = pieces[Symbol.asyncIterator]()
  try {
    for (let isEnd = false; ;) {
      let waits = false
      for (;;) {
        const bytes = held.bytes()
        const next = nextStart(bytes, scanned, isEnd)
        if (next === undefined) break
        const split = passed.bytes > 0 ? { start: next, end: next } : splitAt(bytes, next, isEnd, most)
        if (split === 'more') {
          scanned = next - 1
          waits = true
          break
        }
        const entry = take(split.start, split)
        if (entry !== undefined) yield entry
      }
      if (isEnd) {
        const { length } = held.bytes()
        const entry = take(length, { start: length, end: lastEnd(held.bytes()) })
        if (entry !== undefined) yield entry
        return
      }
      const { length } = held.bytes()
      if (!waits) scanned = Math.max(scanned, length - LOOKAHEAD, 0)
      // Too large for a letter, and for what a Content-Length may promise: only its end is waited for.
      if (length > most + HEADER + 4 * LOOKAHEAD) {
        const gone = length - 2 * LOOKAHEAD
        passed = { bytes: passed.bytes + gone, lines: passed.lines + linesOf(held.bytes().subarray(0, gone)) }
        held.drop(gone)
        scanned = LOOKAHEAD
      }
      const { done, value } = await source.next()
      if (done === true) isEnd = true
      else held.add(value)
    }
  } finally {
    await source.return?.()
  }
}

interface Split {
  /** Where the next letter begins. */
  start: number
  /** Where this one ends. */
  end: number
  /** It has lines that begin with "From " as they are: nothing in it is quoted (mboxcl2). */
  isVerbatim?: boolean
}

/** The beginning of the next letter after `from`; undefined when none is known of yet. */
function nextStart(bytes: Buffer, from: number, isEnd: boolean): number | undefined {
  for (let at = bytes.indexOf(SEPARATOR, from); at !== -1; at = bytes.indexOf(SEPARATOR, at + 1)) {
    if (!isEnd && at + 1 + LOOKAHEAD > bytes.length) return undefined
    if (isFromLine(bytes, at + 1)) return at + 1
  }
  return undefined
}

/**
 * Whether a line begins a letter. Programs disagree on what stands in it, and text has such lines too: after an empty line either a time or
 * a header after it is enough, elsewhere both are wanted.
 */
function isFromLine(bytes: Buffer, at: number): boolean {
  if (bytes.compare(SEPARATOR, 1, SEPARATOR.length, at, at + SEPARATOR.length - 1) !== 0) return false
  const near = bytes.subarray(at, at + LOOKAHEAD)
  const end = near.indexOf(LF)
  const line = near.toString('latin1', 0, end === -1 ? near.length : end)
  const hasTime = parseFromLine(line) !== undefined
  const hasHeader = end !== -1 && isField(near.subarray(end + 1))
  return isAfterEmptyLine(bytes, at) ? hasTime || hasHeader : hasTime && hasHeader
}

/** field-name ":" of RFC 5322 §2.2, in the next hundred bytes. ">From " is what some programs write into headers. */
const isField = (bytes: Buffer): boolean => /^(?:>From |[!-9;-~]{1,100}[ \t]*:)/.test(bytes.toString('latin1', 0, 110))

const isAfterEmptyLine = (bytes: Buffer, at: number): boolean => at === 0 || emptyLineBefore(bytes, at) > 0

/** Bytes of the empty line that ends before `at`; 0 when there is none. */
function emptyLineBefore(bytes: Buffer, at: number): number {
  if (bytes[at - 1] !== LF) return 0
  if (bytes[at - 2] === LF || at === 1) return 1
  return bytes[at - 2] === CR && (bytes[at - 3] === LF || at === 2) ? 2 : 0
}

/** Where the last letter ends: an empty line after it is the mailbox's. */
const lastEnd = (bytes: Buffer): number => bytes.length - emptyLineBefore(bytes, bytes.length)

/**
 * Where a letter ends, before whose `start` another one seems to begin. Its Content-Length is believed when a letter begins there, or the file ends:
 * then that beginning was a line of the text (mboxcl2).
 */
function splitAt(bytes: Buffer, start: number, isEnd: boolean, most: number): Split | 'more' {
  const plain = { start, end: start - emptyLineBefore(bytes, start) }
  const firstLine = bytes.indexOf(LF) + 1
  const body = bodyStart(bytes.subarray(0, Math.min(start, HEADER)))
  if (body === undefined || firstLine === 0) return plain
  const { contentLength } = readStatus(bytes.toString('latin1', firstLine, body))
  if (contentLength === undefined || contentLength > most) return plain
  const end = body + contentLength
  if (end < start) return plain
  if (!isEnd && end + LOOKAHEAD > bytes.length) return 'more'
  if (end > bytes.length) return plain
  for (const gap of [0, 1, 2]) {
    const next = end + gap
    if (gap > 0 && !/^\r?\n$/.test(bytes.toString('latin1', end, next))) continue
    const isThere = next === bytes.length ? isEnd : bytes[next - 1] === LF && isFromLine(bytes, next)
    if (isThere && next > start) return { start: next, end, isVerbatim: true }
  }
  return plain
}

/** Where the body begins: after the first empty line. */
function bodyStart(bytes: Buffer): number | undefined {
  const lf = bytes.indexOf('\n\n')
  const crlf = bytes.indexOf('\n\r\n')
  if (lf === -1 && crlf === -1) return undefined
  return crlf === -1 || (lf !== -1 && lf < crlf) ? lf + 2 : crlf + 3
}

/** What is held from one From line to the next. */
function entryOf(held: Buffer, isVerbatim = false): Omit<MboxLetter, keyof Place> | { damage: MboxReason } | undefined {
  if (!held.subarray(0, 5).equals(SEPARATOR.subarray(1)))
    return held.toString('latin1').trim() === '' ? undefined : { damage: 'noFromLine' }
  const lineEnd = held.indexOf(LF)
  if (lineEnd === -1) return { damage: 'empty' }
  const receivedAt = parseFromLine(held.toString('latin1', 0, Math.min(lineEnd, LOOKAHEAD)))
  const letter = held.subarray(lineEnd + 1)
  if (letter.length === 0 || /^\s*$/.test(letter.toString('latin1', 0, 4096))) return { damage: 'empty' }
  if (!isField(letter)) return { damage: 'noHeader' }
  const head = letter.toString('latin1', 0, bodyStart(letter.subarray(0, HEADER)) ?? Math.min(letter.length, HEADER))
  const own = OWN_FIELDS.exec(head)
  const { contentLength: _, ...status } = readStatus(own === null ? head : own[0])
  const bare = own === null ? letter : letter.subarray(own[0].length, letter.length - (own[4] === undefined ? 0 : 1))
  const bytes = isVerbatim ? bare : unescapeFrom(bare)
  // The letter outlives what is held.
  return { ...status, receivedAt, bytes: Buffer.from(bytes) }
}

function linesOf(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) lines++
  return lines
}

/** Bytes that come at one end and go at the other, in one buffer that grows as it must. */
function openHeld(): { bytes(): Buffer; add(piece: Uint8Array): void; drop(count: number): void } {
  let buffer = Buffer.allocUnsafe(1024 * 1024)
  let [from, to] = [0, 0]
  return {
    bytes: () => buffer.subarray(from, to),
    add(piece) {
      if (to + piece.length > buffer.length) {
        const held = buffer.subarray(from, to)
        const isRoomy = (held.length + piece.length) * 2 <= buffer.length
        const next = isRoomy ? buffer : Buffer.allocUnsafe(Math.max(buffer.length, (held.length + piece.length) * 2))
        held.copy(next)
        ;[buffer, from, to] = [next, 0, held.length]
      }
      buffer.set(piece, to)
      to += piece.length
    },
    drop(count) {
      from += count
    },
  }
}
