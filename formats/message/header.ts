import type { Delimiters } from './delimiters.ts'
import { CR, type LineEnd } from './lines.ts'
import type { Field } from './part.ts'

/** The header of a part: where its fields are and where its body begins. */
export interface Header {
  readonly fields: Field[]
  /** The first value of each Content- field that describes a part, latin-1, as it stands in the message. */
  readonly content: ContentFields
  readonly bodyStart: number
  /** True when there were more fields than may be kept. */
  readonly isCutShort: boolean
}

export interface ContentFields {
  type?: string
  disposition?: string
  encoding?: string
  id?: string
  description?: string
  language?: string
  location?: string
  md5?: string
}

const CONTENT_FIELDS: Readonly<Record<string, keyof ContentFields>> = {
  'content-type': 'type',
  'content-disposition': 'disposition',
  'content-transfer-encoding': 'encoding',
  'content-id': 'id',
  'content-description': 'description',
  'content-language': 'language',
  'content-location': 'location',
  'content-md5': 'md5',
}

// The longest name is content-transfer-encoding; no honest value comes near the limit.
const MAX_NAME_BYTES = 25
const MAX_CONTENT_BYTES = 65_536

const TAB = 9
const SPACE = 32
const COLON = 58
const MBOX_LINE = /^>?From /

/**
 * Reads the header that begins at `start`. It ends at an empty line, at a delimiter of a multipart around it, or, as in
 * Postfix and sendmail, at a line that is no field: then the writer forgot the empty line. A stray line between two
 * fields is stepped over. One "From " line of an mbox file may come first.
 * @param keep  how many fields may be kept; those after them are read and not kept
 */
export function readHeader(
  bytes: Buffer,
  lineEnd: LineEnd,
  delimiters: Delimiters,
  start: number,
  keep: number,
): Header {
  const fields: Field[] = []
  const content: ContentFields = {}
  let isCutShort = false
  let open: { nameStart: number; nameEnd: number; valueStart: number } | undefined
  let at = start

  // A field ends where the line after its last folded line begins.
  const close = (lineStart: number): void => {
    if (!open) return
    const field = { ...open, valueEnd: withoutLineEnd(bytes, lineEnd, open.valueStart, lineStart) }
    if (fields.length < keep) fields.push(field)
    else isCutShort = true
    readContentField(bytes, field, content)
    open = undefined
  }
  const end = (lineStart: number, bodyStart: number): Header => {
    close(lineStart)
    return { fields, content, bodyStart, isCutShort }
  }

  if (MBOX_LINE.test(bytes.toString('latin1', start, start + 6))) at = nextLine(bytes, lineEnd, start)
  while (at < bytes.length) {
    const first = bytes[at]
    if ((first === SPACE || first === TAB) && open) {
      at = nextLine(bytes, lineEnd, at)
      continue
    }
    const emptyEnd = emptyLineEnd(bytes, lineEnd, at)
    if (emptyEnd !== -1) return end(at, emptyEnd)
    if (delimiters.at(at)) return end(at, at)

    const colon = colonOf(bytes, at)
    const next = nextLine(bytes, lineEnd, colon === -1 ? at : colon)
    if (colon === -1) {
      if (colonOf(bytes, next) === -1) return end(at, at)
      close(at)
    } else {
      close(at)
      open = { nameStart: at, nameEnd: nameEnd(bytes, at, colon), valueStart: colon + 1 }
    }
    at = next
  }
  return end(bytes.length, bytes.length)
}

function nextLine(bytes: Buffer, lineEnd: LineEnd, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at] !== lineEnd) at++
  return Math.min(at + 1, bytes.length)
}

/** The end of an empty line, or -1. CR CR LF counts as empty: some gateways write it. */
function emptyLineEnd(bytes: Buffer, lineEnd: LineEnd, from: number): number {
  let at = from
  if (lineEnd !== CR) while (bytes[at] === CR) at++
  return bytes[at] === lineEnd ? at + 1 : -1
}

/** Where the colon of a field is that begins at `from`: printable ASCII, then white space at most (RFC 5322 §4.5). */
function colonOf(bytes: Buffer, from: number): number {
  let at = from
  while (at < bytes.length && bytes[at]! > SPACE && bytes[at]! < 127 && bytes[at] !== COLON) at++
  if (at === from) return -1
  while (bytes[at] === SPACE || bytes[at] === TAB) at++
  return bytes[at] === COLON ? at : -1
}

function nameEnd(bytes: Buffer, nameStart: number, colon: number): number {
  let end = colon
  while (end > nameStart && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB)) end--
  return end
}

function withoutLineEnd(bytes: Buffer, lineEnd: LineEnd, valueStart: number, lineStart: number): number {
  let end = lineStart
  if (end > valueStart && bytes[end - 1] === lineEnd) end--
  if (lineEnd !== CR) while (end > valueStart && bytes[end - 1] === CR) end--
  return end
}

function readContentField(bytes: Buffer, field: Field, content: ContentFields): void {
  const isContent = (bytes[field.nameStart]! | 32) === 99 && bytes[field.nameStart + 7] === 45
  if (!isContent || field.nameEnd - field.nameStart > MAX_NAME_BYTES) return
  const key = CONTENT_FIELDS[bytes.toString('latin1', field.nameStart, field.nameEnd).toLowerCase()]
  if (!key) return
  const value = bytes.toString(
    'latin1',
    field.valueStart,
    Math.min(field.valueEnd, field.valueStart + MAX_CONTENT_BYTES),
  )
  // The first that says something counts, as it does for most readers; a second one could hide a part from a scanner.
  if (!content[key]?.trim()) content[key] = value
}
