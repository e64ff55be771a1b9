import { decodeUnlabelled } from './charset.ts'
import { parseAddresses, parseGroups, type EmailAddress, type EmailAddressGroup } from './address-list.ts'
import { parseDate } from './date.ts'
import { parseMessageIds, parseUrls } from './message-ids.ts'
import { parseStructured, type Structured } from './parameters.ts'
import type { Field, Message, Part } from './part.ts'
import { decodeWords } from './words.ts'

/** What a field reads as in each of the forms of RFC 8621 §4.1.2. */
export interface FormValues {
  Raw: string
  Text: string
  Addresses: EmailAddress[]
  GroupedAddresses: EmailAddressGroup[]
  MessageIds: string[] | null
  Date: string | null
  URLs: string[] | null
}

export type HeaderForm = keyof FormValues

const FORMS: { readonly [F in HeaderForm]: (value: Buffer) => FormValues[F] } = {
  Raw: (value) => value.toString('utf8').replaceAll('\0', ''),
  Text: (value) => decodeWords(unfolded(value).replace(/^ +/, '')).normalize('NFC'),
  Addresses: (value) => parseAddresses(unfolded(value)),
  GroupedAddresses: (value) => parseGroups(unfolded(value)),
  MessageIds: (value) => parseMessageIds(unfolded(value)),
  Date: (value) => parseDate(unfolded(value)),
  URLs: (value) => parseUrls(unfolded(value)),
}

// Beyond this no field means anything; the Raw form still shows all of it.
const MAX_VALUE_BYTES = 1_048_576

/** The text of a field without its line ends (RFC 5322 §2.2.3) and NULs; bytes that are not UTF-8 are Windows-1252. */
const unfolded = (value: Buffer): string => decodeUnlabelled(value).text.replace(/[\r\n\0]+/g, '')

/** The value of one field. Never fails: what cannot be read is null or empty, as the form has it. */
export function fieldValue<F extends HeaderForm>(message: Message, field: Field, form: F): FormValues[F] {
  const limit = form === 'Raw' ? field.valueEnd : Math.min(field.valueEnd, field.valueStart + MAX_VALUE_BYTES)
  return FORMS[form](message.bytes.subarray(field.valueStart, limit))
}

/** The name of a field as the message writes it. */
export const fieldName = (message: Message, field: Field): string =>
  message.bytes.toString('latin1', field.nameStart, field.nameEnd)

/** The fields of a part with this name, in any case, in the order of the message. */
export function findFields(message: Message, part: Part, name: string): Field[] {
  const wanted = name.toLowerCase()
  return part.fields.filter(
    (field) => field.nameEnd - field.nameStart === name.length && fieldName(message, field).toLowerCase() === wanted,
  )
}

/** The last field with this name in the wanted form: the one that RFC 8621 §4.1.3 shows. Null when there is none. */
export function lastValue<F extends HeaderForm>(
  message: Message,
  part: Part,
  name: string,
  form: F,
): FormValues[F] | null {
  const field = findFields(message, part, name).at(-1)
  return field ? fieldValue(message, field, form) : null
}

/**
 * A structured MIME field of a part, such as Content-Type, as it was written: IMAP shows attributes undecoded.
 * The first field with this name, as in Part. Null when there is none.
 */
export function structuredField(message: Message, part: Part, name: string): Structured | null {
  const field = findFields(message, part, name)[0]
  return field ? parseStructured(message.bytes.toString('latin1', field.valueStart, field.valueEnd)) : null
}

/** A property of Email or EmailBodyPart that stands for a header field: "header:List-Post:asURLs:all". */
export interface HeaderProperty {
  readonly name: string
  readonly form: HeaderForm
  readonly isAll: boolean
}

const PROPERTY = /^header:([!-9;-~]+)(?::as([A-Za-z]+))?(:all)?$/

/** Reads the name of such a property (RFC 8621 §4.1.3); undefined when it is none or asks for a form that no one knows. */
export function parseHeaderProperty(property: string): HeaderProperty | undefined {
  const [, name, form = 'Raw', all] = PROPERTY.exec(property) ?? []
  if (name === undefined || !Object.hasOwn(FORMS, form)) return undefined
  return { name, form: form as HeaderForm, isAll: all !== undefined }
}

const ADDRESS_FORMS: readonly HeaderForm[] = ['Addresses', 'GroupedAddresses']
const forms = (names: string, allowed: readonly HeaderForm[]): [string, readonly HeaderForm[]][] =>
  names.split(' ').map((name) => [name, allowed])

// RFC 8621 §4.1.2: the fields of RFC 5322 and RFC 2369 and the one form each may be read in.
const ALLOWED: ReadonlyMap<string, readonly HeaderForm[]> = new Map([
  ...forms('subject comments keywords list-id', ['Text']),
  ...forms('from sender reply-to to cc bcc', ADDRESS_FORMS),
  ...forms('resent-from resent-sender resent-reply-to resent-to resent-cc resent-bcc', ADDRESS_FORMS),
  ...forms('message-id in-reply-to references resent-message-id', ['MessageIds']),
  ...forms('date resent-date', ['Date']),
  ...forms('list-help list-unsubscribe list-subscribe list-post list-owner list-archive', ['URLs']),
  ...forms('return-path received', []),
])

/** Whether a field may be read or written in this form. Fields that neither RFC defines may be in any; all may be Raw. */
export function isFormAllowed(name: string, form: HeaderForm): boolean {
  return form === 'Raw' || (ALLOWED.get(name.toLowerCase())?.includes(form) ?? true)
}
