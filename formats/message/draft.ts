import { isFormAllowed, parseHeaderProperty, type HeaderForm } from './fields.ts'

/** A header field that an Email or EmailBodyPart asks for; with several values, one field each. */
export interface DraftField {
  readonly property: string
  readonly name: string
  readonly form: HeaderForm
  readonly values: readonly unknown[]
}

/** The convenience properties of RFC 8621 §4.1.3 and the fields they stand for, in the order they are written. */
const CONVENIENCE: ReadonlyMap<string, readonly [name: string, form: HeaderForm]> = new Map([
  ['sentAt', ['Date', 'Date']],
  ['from', ['From', 'Addresses']],
  ['sender', ['Sender', 'Addresses']],
  ['replyTo', ['Reply-To', 'Addresses']],
  ['to', ['To', 'Addresses']],
  ['cc', ['Cc', 'Addresses']],
  ['bcc', ['Bcc', 'Addresses']],
  ['subject', ['Subject', 'Text']],
  ['messageId', ['Message-ID', 'MessageIds']],
  ['inReplyTo', ['In-Reply-To', 'MessageIds']],
  ['references', ['References', 'MessageIds']],
])

/** What an Email says besides its header fields. Those of its keeping are the caller's, and passed over. */
const EMAIL_PROPERTIES = new Set(['bodyStructure', 'textBody', 'htmlBody', 'attachments', 'bodyValues'])
const METADATA = new Set(['mailboxIds', 'keywords', 'receivedAt'])

/**
 * The header fields that the properties of an Email ask for (RFC 8621 §4.6).
 * @param report  called with each property that may not be there
 */
export function emailFields(
  email: Readonly<Record<string, unknown>>,
  report: (property: string) => void,
): DraftField[] {
  const order = [...CONVENIENCE.keys()]
  const properties = Object.keys(email).toSorted((a, b) => rank(order, a) - rank(order, b))
  const fields: DraftField[] = []
  for (const property of properties) {
    if (email[property] == null || EMAIL_PROPERTIES.has(property) || METADATA.has(property)) continue
    const field = fieldOf(property, email[property])
    if (!field || /^content-|^mime-version$/i.test(field.name)) report(property)
    else fields.push(field)
  }
  reportDoubles(fields, report)
  return fields
}

const rank = (order: readonly string[], property: string): number => {
  const index = order.indexOf(property)
  return index === -1 ? order.length : index
}

/** The field that one property stands for; undefined when it stands for none or in a form that its field may not have. */
export function fieldOf(property: string, value: unknown): DraftField | undefined {
  const known = CONVENIENCE.get(property)
  if (known) return { property, name: known[0], form: known[1], values: [value] }
  const header = parseHeaderProperty(property)
  if (!header || !isFormAllowed(header.name, header.form)) return undefined
  if (header.isAll && !Array.isArray(value)) return undefined
  return { property, name: header.name, form: header.form, values: header.isAll ? (value as unknown[]) : [value] }
}

/** Two properties for one field contradict each other, whatever their case. */
export function reportDoubles(fields: readonly DraftField[], report: (property: string) => void): void {
  const seen = new Set<string>()
  for (const { name, property } of fields) {
    if (seen.has(name.toLowerCase())) report(property)
    seen.add(name.toLowerCase())
  }
}
