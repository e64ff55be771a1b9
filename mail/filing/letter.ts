import {
  fieldName,
  fieldValue,
  parseAddresses,
  parseDate,
  type EmailAddress,
  type Field,
  type Message,
} from '#formats/message'
import { openBodies, type Bodies } from './body.ts'
import type { HeaderEdit } from './edits.ts'
import { FIELD_LENGTH } from './limits.ts'

/** A letter as the script sees it: its header with the script's own edits. Nothing is decoded that no test asks for. */
export interface Letter {
  readonly message: Message
  /** By their names in lower case; made with the first question. */
  fields: Map<string, HeaderField[]> | undefined
  readonly bodies: Bodies
  /** Fields that are gone, by their places in the header as it came. */
  readonly deleted: Set<number>
  readonly first: AddedField[]
  readonly last: AddedField[]
  /** As a list, until the next change. */
  edits: readonly HeaderEdit[] | undefined
}

/** One that the letter came with, or one that the script has added. */
export type HeaderField = (OwnField | AddedField) & { text?: string; addresses?: EmailAddress[] }

interface OwnField {
  readonly field: Field
  readonly place: number
}

interface AddedField {
  readonly name: string
  /** On one line. */
  readonly value: string
}

export const openLetter = (message: Message): Letter => ({
  message,
  fields: undefined,
  bodies: openBodies(message),
  deleted: new Set(),
  first: [],
  last: [],
  edits: [],
})

/** All fields of this name, in any case, in the order of the header. */
export function fieldsOf(letter: Letter, name: string): readonly HeaderField[] {
  letter.fields ??= fieldsByName(letter)
  return letter.fields.get(name.toLowerCase()) ?? []
}

function fieldsByName({ message, deleted, first, last }: Letter): Map<string, HeaderField[]> {
  const found = new Map<string, HeaderField[]>()
  const add = (name: string, field: HeaderField): void => {
    const list = found.get(name)
    if (list === undefined) found.set(name, [field])
    else list.push(field)
  }
  for (const field of first) add(field.name.toLowerCase(), field)
  for (const [place, field] of message.root.fields.entries())
    if (!deleted.has(place)) add(fieldName(message, field).toLowerCase(), { field, place })
  for (const field of last) add(field.name.toLowerCase(), field)
  return found
}

/** The value of a field as text, encoded words decoded, without white space around it. RFC 5228 §2.7.2, §5.7. */
export function textOf({ message }: Letter, field: HeaderField): string {
  field.text ??= ('value' in field ? field.value : fieldValue(message, field.field, 'Text'))
    .slice(0, FIELD_LENGTH)
    .trim()
  return field.text
}

export function addressesOf({ message }: Letter, field: HeaderField): readonly EmailAddress[] {
  field.addresses ??= 'value' in field ? parseAddresses(field.value) : fieldValue(message, field.field, 'Addresses')
  return field.addresses
}

/** The time that a field names, as parseDate has it; null when it names none. RFC 5260 §4: in Received behind the last ";". */
export function dateOf(letter: Letter, field: HeaderField): string | null {
  const text = textOf(letter, field)
  return parseDate(text.slice(text.lastIndexOf(';') + 1))
}

/** RFC 5260 §6: of the fields of one name that at `index`, from 1, counted from the end with `isLast`. */
export function fieldAt<T>(fields: readonly T[], index: number | undefined, isLast: boolean): readonly T[] {
  if (index === undefined) return fields
  if (index === 0) return []
  return isLast ? fields.slice(-index).slice(0, fields.length < index ? 0 : 1) : fields.slice(index - 1, index)
}

/** Puts a field before all others, or behind them. */
export function addField(letter: Letter, field: AddedField, isLast: boolean): void {
  if (isLast) letter.last.push(field)
  else letter.first.unshift(field)
  forget(letter)
}

export function deleteFields(letter: Letter, fields: readonly HeaderField[]): void {
  if (fields.length === 0) return
  const gone = new Set(fields)
  for (const field of fields) if ('place' in field) letter.deleted.add(field.place)
  for (const list of [letter.first, letter.last]) list.splice(0, Infinity, ...list.filter((one) => !gone.has(one)))
  forget(letter)
}

function forget(letter: Letter): void {
  letter.fields = undefined
  letter.edits = undefined
}

/** What has become of the header up to now. */
export function editsOf(letter: Letter): readonly HeaderEdit[] {
  letter.edits ??= [
    ...[...letter.deleted].toSorted((a, b) => a - b).map((field): HeaderEdit => ({ kind: 'delete', field })),
    ...letter.first.map((field): HeaderEdit => ({ kind: 'add', name: field.name, value: field.value, isLast: false })),
    ...letter.last.map((field): HeaderEdit => ({ kind: 'add', name: field.name, value: field.value, isLast: true })),
  ]
  return letter.edits
}
