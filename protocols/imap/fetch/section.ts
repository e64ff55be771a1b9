import type { Part } from '#formats/message'
import { isListed, type Structure } from '#mail'
import type { Section } from './attributes.ts'

/** From and to, in bytes of the message. */
export type Span = [start: number, end: number]

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

/** Every field that has a name, with its line ends; a line that begins with white space goes on (RFC 5322 §2.2.3). */
const FIELDS = /^([^\s:]+)[ \t]*:[^\n]*(?:\n[ \t][^\n]*)*\n?/gm

/** The chosen fields of a header, as they stand in it, and the empty line that ends it. @param header  a character for each byte */
export function chosenFields(header: string, { what, chosen }: Section): Buffer {
  let kept = ''
  for (const [field, name = ''] of header.matchAll(FIELDS))
    if (chosen.has(name.toLowerCase()) === (what === 'fields')) kept += field
  return Buffer.from(`${kept}\r\n`, 'latin1')
}

/** Whether a summary may answer a section without the content. */
export const isOfSummary = ({ part, what, fields }: Section): boolean =>
  part === '' && what === 'fields' && fields.every(isListed)
