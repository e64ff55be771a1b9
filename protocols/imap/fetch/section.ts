import { parseMessage, fieldName, type Message, type Part } from '#formats/message'
import type { Structure } from '#mail'
import type { Section } from './attributes.ts'

/** From and to, in bytes of the message. */
export type Span = [start: number, end: number]

/** Bytes that are in no message as they are: chosen header fields. */
export const NOTHING = Buffer.alloc(0)

/** Where a section stands in a message; undefined when the message has no such part. Of chosen fields, where their header does. */
export function spanOf(structure: Structure, size: number, { part: number, what }: Section): Span | undefined {
  const { root } = structure
  const part = number === '' ? undefined : partOf(structure, number)
  if (number !== '' && part === undefined) return undefined
  if (what === 'mime') return part && [part.headerStart, part.bodyStart]
  if (what === 'all') return part === undefined ? [0, size] : [part.bodyStart, part.bodyEnd]
  // HEADER and TEXT of a part are those of the message that it carries. RFC 9051 §6.4.5.1.
  const message = part === undefined ? root : part.message?.root
  if (message === undefined) return undefined
  return what === 'text'
    ? [message.bodyStart, part === undefined ? size : message.bodyEnd]
    : [message.headerStart, message.bodyStart]
}

export const partOf = ({ parts }: Structure, number: string): Part | undefined =>
  parts.find((part) => part.partId === number)

/** The chosen fields of a header, as they stand in it, and the empty line that ends it. */
export function chosenFields(header: Buffer, { what, fields }: Section): Buffer {
  const message: Message = parseMessage(header)
  const wanted = new Set(fields.map((name) => name.toLowerCase()))
  const kept: Buffer[] = []
  for (const field of message.root.fields) {
    if (wanted.has(fieldName(message, field).toLowerCase()) !== (what === 'fields')) continue
    // The line end that closes the field.
    const end = header.indexOf(10, field.valueEnd)
    kept.push(header.subarray(field.nameStart, end === -1 ? header.length : end + 1))
  }
  kept.push(Buffer.from('\r\n'))
  return Buffer.concat(kept)
}
