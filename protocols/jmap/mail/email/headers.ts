import {
  fieldName,
  fieldValue,
  findFields,
  isFormAllowed,
  parseHeaderProperty,
  parseMessage,
  type HeaderProperty,
  type Message,
  type Part,
} from '#formats/message'
import type { Summary } from '#mail'

/**
 * Reads the name of a property that stands for a header field, RFC 8621 §4.1.3.
 * @returns undefined also for a form that this field may not be read in
 */
export function headerProperty(name: string): HeaderProperty | undefined {
  const property = parseHeaderProperty(name)
  return property !== undefined && isFormAllowed(property.name, property.form) ? property : undefined
}

/** Properties that are one field in one form, and so stand in every summary. RFC 8621 §4.1.3. */
const SUMMARISED = {
  messageId: 'message-id MessageIds',
  inReplyTo: 'in-reply-to MessageIds',
  references: 'references MessageIds',
  sender: 'sender Addresses',
  from: 'from Addresses',
  to: 'to Addresses',
  cc: 'cc Addresses',
  bcc: 'bcc Addresses',
  replyTo: 'reply-to Addresses',
  subject: 'subject Text',
  sentAt: 'date Date',
} as const satisfies Partial<Record<keyof Summary, string>>

export type Summarised = keyof typeof SUMMARISED
export const summarisedProperties = Object.keys(SUMMARISED) as Summarised[]
const BY_FIELD = new Map(summarisedProperties.map((name) => [SUMMARISED[name] as string, name]))

/** The property of the summary that says the same; undefined when the header itself must be read. */
export const summarisedAs = ({ name, form, isAll }: HeaderProperty): Summarised | undefined =>
  isAll ? undefined : BY_FIELD.get(`${name.toLowerCase()} ${form}`)

/** A header whose fields can be read. */
export interface Header {
  message: Message
  part: Part
}

/** @param bytes  the header, and no matter what after it */
export function readHeader(bytes: Buffer): Header {
  const message = parseMessage(bytes)
  return { message, part: message.root }
}

/** EmailHeader[], RFC 8621 §4.1.3. */
export const allFields = ({ message, part }: Header): { name: string; value: string }[] =>
  part.fields.map((field) => ({ name: fieldName(message, field), value: fieldValue(message, field, 'Raw') }))

/** What such a property is: the value of the last field of this name or null, or the values of all of them. */
export function fieldProperty({ message, part }: Header, { name, form, isAll }: HeaderProperty): unknown {
  const values = (isAll ? findFields(message, part, name) : findFields(message, part, name).slice(-1)).map((field) =>
    fieldValue(message, field, form),
  )
  return isAll ? values : (values[0] ?? null)
}
