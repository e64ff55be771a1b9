import { parseAddresses, writeField, type Message, type Part } from '#formats/message'
import { isAddressField } from '#formats/sieve'

/** A change of a letter's header (RFC 5293). Fields that go are named by their place in the header as it came, from 0. */
export type HeaderEdit =
  | { kind: 'delete'; field: number }
  /** Before all others, or behind them; several in the order of the list. */
  | { kind: 'add'; name: string; value: string; isLast: boolean }

/**
 * Fields that say where a letter comes from, what was found in it and how its body is to be read: no script takes them away or
 * makes them. RFC 5293 §6.
 */
const PROTECTED =
  /^(?:received|received-spf|return-path|delivered-to|auto-submitted|authentication-results|dkim-signature|domainkey-signature|arc-.*|x-auto-response-suppress|content-.*|mime-version)$/

/** RFC 5322 §2.2. */
const FIELD_NAME = /^[!-9;-~]{1,200}$/

export const isProtected = (name: string): boolean => PROTECTED.test(name.toLowerCase())

export const isFieldName = (name: string): boolean => FIELD_NAME.test(name)

/** A value on one line: no line end in it can end the field. */
export const unfold = (value: string): string => value.replace(/[\r\n]+[ \t]*/g, ' ').trim()

/**
 * A field with its line end.
 * @param value  on one line
 * @returns undefined when it cannot be written: a control character, or a line that is too long to be sent
 */
export function writeHeaderField(name: string, value: string): string | undefined {
  const isText = !isAddressField(name) || /^[ -~]*$/.test(value)
  return isText ? writeField(name, 'Text', value) : writeField(name, 'Addresses', parseAddresses(value))
}

/** The letter with another header. Its body and the fields that stay are the bytes they were. */
export function applyEdits({ bytes, root }: Message, edits: readonly HeaderEdit[]): Buffer {
  if (edits.length === 0) return bytes
  const deleted = new Set(edits.map((edit) => (edit.kind === 'delete' ? edit.field : -1)))
  const begin = root.fields[0]?.nameStart ?? root.headerStart
  const end = endOfFields(bytes, root)
  const pieces: Buffer[] = [bytes.subarray(0, begin), added(edits, false)]
  let kept = begin
  for (const [place, field] of root.fields.entries()) {
    if (!deleted.has(place)) continue
    pieces.push(bytes.subarray(kept, field.nameStart))
    kept = afterLine(bytes, field.valueEnd)
  }
  const rest = bytes.subarray(kept, end)
  const behind = added(edits, true)
  // The last field of a letter without a body may have no line end.
  const isOpen = behind.length > 0 && rest.length > 0 && rest.at(-1) !== LF && rest.at(-1) !== CR
  pieces.push(rest, ...(isOpen ? [LINE_END] : []), behind)
  // A letter that began with its body needs the empty line that it had no use for.
  if (root.fields.length === 0 && root.bodyStart === begin) pieces.push(LINE_END)
  pieces.push(bytes.subarray(end))
  return Buffer.concat(pieces)
}

const LF = 10
const CR = 13
const LINE_END = Buffer.from('\r\n')

const added = (edits: readonly HeaderEdit[], isLast: boolean): Buffer =>
  Buffer.from(
    edits
      .map((edit) =>
        edit.kind === 'add' && edit.isLast === isLast ? (writeHeaderField(edit.name, edit.value) ?? '') : '',
      )
      .join(''),
  )

function endOfFields(bytes: Buffer, { fields, headerStart }: Part): number {
  const last = fields.at(-1)
  return last === undefined ? headerStart : afterLine(bytes, last.valueEnd)
}

/** Behind the line end at `from`: CR CR LF is one, and in a letter without LF so is CR. */
function afterLine(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === CR) at++
  return bytes[at] === LF ? at + 1 : Math.min(from + 1, bytes.length)
}
