import { Delimiters } from './delimiters.ts'
import { describePart } from './describe.ts'
import { readHeader } from './header.ts'
import { beforeLineEnd, countLines, lineEndOf, type LineEnd } from './lines.ts'
import type { Message, Part } from './part.ts'
import { isIdentity } from './transfer.ts'

// Far more than any mailer writes; what lies beyond is kept as one opaque part, and the message says isCutShort.
export const MAX_DEPTH = 100
export const MAX_PARTS = 10_000
export const MAX_FIELDS = 50_000

/** A part whose end has not been seen yet. */
interface Open {
  readonly part: Part
  /** Before the numbers of the parts inside it: '' or "1.2.". */
  readonly prefix: string
  /** Of a multipart that may still get parts. */
  boundary: string | undefined
  /** Line ends before its body. */
  readonly linesBefore: number
}

interface Parsing {
  readonly bytes: Buffer
  readonly lineEnd: LineEnd
  readonly delimiters: Delimiters
  /** From the message itself down to the part being read. */
  readonly open: Open[]
  readonly messages: Message[]
  partsLeft: number
  fieldsLeft: number
  isCutShort: boolean
  // Lines are counted once: positions only grow.
  linesCounted: number
  countedTo: number
}

/**
 * Reads a message in one pass: the tree of its parts, where each begins and ends, and where its header fields are.
 * Any bytes are a message. Time and memory are linear in the bytes; nothing recurses. Lines may end in CRLF or LF, or
 * all of them in CR. A multipart without a single part, or without a boundary, is text/plain: a reader sees its bytes.
 * RFC 5322, RFC 2045, RFC 2046.
 */
export function parseMessage(input: Uint8Array): Message {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  const lineEnd = lineEndOf(bytes)
  const delimiters = new Delimiters(bytes, lineEnd)
  const parsing: Parsing = {
    bytes,
    lineEnd,
    delimiters,
    open: [],
    messages: [],
    partsLeft: MAX_PARTS,
    fieldsLeft: MAX_FIELDS,
    isCutShort: false,
    linesCounted: 0,
    countedTo: 0,
  }
  let position = openPart(parsing, 0)
  while (parsing.partsLeft > 0) {
    const delimiter = delimiters.next(position)
    if (!delimiter) break
    closeDownTo(parsing, delimiter.depth + 1, beforeLineEnd(bytes, lineEnd, delimiter.lineStart))
    position = delimiter.next
    if (delimiter.isClosing) closeBoundary(parsing, parsing.open[delimiter.depth]!)
    else position = openPart(parsing, position)
  }
  if (parsing.partsLeft <= 0) parsing.isCutShort = true
  closeDownTo(parsing, 0, bytes.length)
  for (const message of parsing.messages) message.isCutShort = parsing.isCutShort
  return parsing.messages[0]!
}

/**
 * Opens the part that begins at `start` and, when it carries a message, the parts inside it.
 * @returns where the body of the innermost begins
 */
function openPart(parsing: Parsing, start: number): number {
  let position = start
  for (let goesOn = true; goesOn;) {
    const parent = parsing.open.at(-1)
    const header = readHeader(parsing.bytes, parsing.lineEnd, parsing.delimiters, position, parsing.fieldsLeft)
    parsing.partsLeft--
    parsing.fieldsLeft -= header.fields.length
    parsing.isCutShort ||= header.isCutShort

    const isInDigest = parent?.part.type === 'multipart' && parent.part.subtype === 'digest'
    const { part, boundary } = describePart(header, position, isInDigest)
    const isMessage = carriesMessage(part)
    if (parsing.open.length >= MAX_DEPTH && (boundary !== undefined || isMessage)) makeOpaque(parsing, part)
    else if (boundary !== undefined) parsing.delimiters.open(boundary, parsing.open.length)
    goesOn = isMessage && part.type === 'message' && parsing.partsLeft > 0

    part.partId = partIdOf(part, parent)
    attach(parsing, parent, part)
    parsing.open.push({
      part,
      prefix: part.partId === '' ? (parent?.prefix ?? '') : `${part.partId}.`,
      boundary: part.type === 'multipart' ? boundary : undefined,
      linesBefore: linesTo(parsing, part.bodyStart),
    })
    position = part.bodyStart
  }
  return position
}

/** A message may not be encoded (RFC 2046 §5.2.1); one that is all the same is a leaf. */
const carriesMessage = (part: Part): boolean =>
  part.type === 'message' && (part.subtype === 'rfc822' || part.subtype === 'global') && isIdentity(part.encoding)

function partIdOf(part: Part, parent: Open | undefined): string {
  if (parent?.part.type === 'multipart') return `${parent.prefix}${parent.part.children.length + 1}`
  return part.type === 'multipart' ? '' : `${parent?.prefix ?? ''}1`
}

function attach(parsing: Parsing, parent: Open | undefined, part: Part): void {
  if (parent?.part.type === 'multipart') {
    parent.part.children.push(part)
    return
  }
  const message: Message = { bytes: parsing.bytes, root: part, isCutShort: false }
  if (parent) parent.part.message = message
  parsing.messages.push(message)
}

/** RFC 2049 §2: what is not understood is application/octet-stream. */
function makeOpaque(parsing: Parsing, part: Part): void {
  part.type = 'application'
  part.subtype = 'octet-stream'
  parsing.isCutShort = true
}

/** Ends the parts that are open until `depth` of them are left; their bodies go up to `before`. */
function closeDownTo(parsing: Parsing, depth: number, before: number): void {
  let end = before
  while (parsing.open.length > depth) {
    const open = parsing.open.pop()!
    const { part } = open
    closeBoundary(parsing, open)
    // An empty body may begin after the line end that belongs to the boundary: then those around it end there too.
    end = Math.max(part.bodyStart, end)
    part.bodyEnd = end
    part.lines = linesTo(parsing, part.bodyEnd) - open.linesBefore
    if (part.type === 'multipart' && part.children.length === 0) {
      // RFC 2045 §5.2: a type that does not hold what it says is plain text.
      part.type = 'text'
      part.subtype = 'plain'
      if (part.partId === '') part.partId = `${open.prefix}1`
    }
  }
}

function closeBoundary(parsing: Parsing, open: Open): void {
  if (open.boundary !== undefined) parsing.delimiters.close(open.boundary)
  open.boundary = undefined
}

function linesTo(parsing: Parsing, position: number): number {
  if (position > parsing.countedTo) {
    parsing.linesCounted += countLines(parsing.bytes, parsing.lineEnd, parsing.countedTo, position)
    parsing.countedTo = position
  }
  return parsing.linesCounted
}
