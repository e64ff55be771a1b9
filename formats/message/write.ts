import { emailFields } from './draft.ts'
import { InvalidMessage } from './invalid-message.ts'
import { writeField } from './write-field.ts'
import { writePart, type DraftPart, type PartContext } from './write-part.ts'

export interface WriteOptions {
  /** The content of a blob that a part names. What it throws reaches the caller. */
  readonly loadBlob: (blobId: string) => Promise<Uint8Array>
  /** Date of the message when the Email has none: "2026-07-01T09:30:00+02:00". */
  readonly date: string
  /** Message-ID when the Email has none, without angle brackets. */
  readonly messageId: string
}

const MAX_PARTS = 1_000

/**
 * Writes the message that an Email describes, as Email/set creates it (RFC 8621 §4.6): CRLF lines, folded header fields,
 * encoded words, an encoding per part that mail can carry. Properties of its keeping (mailboxIds, keywords, receivedAt)
 * are passed over. No value can add a field or end the header: line ends and control characters are refused.
 * @throws InvalidMessage naming every property that is wrong, missing its counterpart, or not allowed
 */
export async function writeMessage(email: Readonly<Record<string, unknown>>, options: WriteOptions): Promise<Buffer> {
  const faults = new Set<string>()
  const report = (property: string): void => void faults.add(property)
  const fields = emailFields(withDefaults(email, options), report)
  const header = fields.flatMap(({ name, form, values, property }) =>
    values.map((value) => {
      const line = writeField(name, form, value)
      if (line === undefined) report(property)
      return line ?? ''
    }),
  )
  const { part, paths, bodyValues } = structureOf(email, report)
  if (bodyValues != null && !isObject(bodyValues)) report('bodyValues')
  if (faults.size > 0) throw new InvalidMessage([...faults])

  const context: PartContext = {
    bodyValues: isObject(bodyValues) ? bodyValues : {},
    loadBlob: options.loadBlob,
    paths,
    report,
    partsLeft: MAX_PARTS,
  }
  const root = await writePart(part, '', context)
  const names = new Set(fields.map(({ name }) => name.toLowerCase()))
  if (root.names.some((name) => names.has(name))) report('bodyStructure')
  if (faults.size > 0) throw new InvalidMessage([...faults])
  return Buffer.concat([Buffer.from(`${header.join('')}MIME-Version: 1.0\r\n${root.header}\r\n`), ...root.body])
}

/** The ids of all blobs that the parts of an Email name, in order, without doubles: what writeMessage will load. */
export function draftBlobIds(email: Readonly<Record<string, unknown>>): string[] {
  const ids = new Set<string>()
  const waiting: unknown[] = [email.bodyStructure, email.textBody, email.htmlBody, email.attachments]
  for (let count = 0; waiting.length > 0 && count < MAX_PARTS * 2; count++) {
    const next = waiting.shift()
    if (Array.isArray(next)) waiting.push(...next.slice(0, MAX_PARTS))
    else if (isObject(next)) {
      if (typeof next.blobId === 'string') ids.add(next.blobId)
      waiting.push(next.subParts)
    }
  }
  return [...ids]
}

/** With the Date and Message-ID that every message has (RFC 5322 §3.6). */
function withDefaults(
  email: Readonly<Record<string, unknown>>,
  { date, messageId }: WriteOptions,
): Record<string, unknown> {
  const has = (property: string, name: string): boolean =>
    email[property] != null ||
    Object.keys(email).some((key) => key.toLowerCase().split(':', 2).join(':') === `header:${name}`)
  return {
    ...email,
    ...(has('sentAt', 'date') ? {} : { sentAt: date }),
    ...(has('messageId', 'message-id') ? {} : { messageId: [messageId] }),
  }
}

interface Structure {
  readonly part: DraftPart
  /** Where each part stood in the Email, for the errors. */
  readonly paths: ReadonlyMap<DraftPart, string>
  readonly bodyValues: unknown
}

/** The body as one part: as given, or made of the text, its HTML version and the attachments. */
function structureOf(email: Readonly<Record<string, unknown>>, report: (property: string) => void): Structure {
  const { bodyStructure, bodyValues } = email
  const paths = new Map<DraftPart, string>()
  if (bodyStructure != null) {
    for (const property of ['textBody', 'htmlBody', 'attachments']) if (email[property] != null) report(property)
    if (!isObject(bodyStructure)) report('bodyStructure')
    const part = isObject(bodyStructure) ? bodyStructure : {}
    return { part, paths: paths.set(part, 'bodyStructure'), bodyValues }
  }
  const parts = (property: string): DraftPart[] => {
    const list = email[property] ?? []
    const isList = Array.isArray(list) && list.every(isObject)
    if (!isList) report(property)
    else for (const [index, part] of list.entries()) paths.set(part, `${property}/${index}`)
    return isList ? list : []
  }
  const text = onlyPart(parts('textBody'), 'text/plain', () => report('textBody'))
  const html = onlyPart(parts('htmlBody'), 'text/html', () => report('htmlBody'))
  const files = parts('attachments')
  const isEmbedded = (file: DraftPart): boolean =>
    html !== undefined && file.cid != null && file.disposition === 'inline'
  const page = html && multipart('related', [html, ...files.filter(isEmbedded)])
  const versions = [text, page].filter((part) => part !== undefined)
  const body = versions.length > 0 ? [multipart('alternative', versions)] : []
  const all = [...body, ...files.filter((file) => !isEmbedded(file))]
  if (all.length > 0) return { part: multipart('mixed', all), paths, bodyValues }
  return { part: { partId: 'empty' }, paths, bodyValues: { empty: { value: '' } } }
}

const multipart = (subtype: string, parts: readonly DraftPart[]): DraftPart =>
  parts.length === 1 ? parts[0]! : { type: `multipart/${subtype}`, subParts: parts }

/** textBody and htmlBody hold exactly one part, of exactly their type. */
function onlyPart(list: readonly DraftPart[], type: string, report: () => void): DraftPart | undefined {
  if (list.length > 1 || (list[0] && list[0].type !== type)) report()
  return list[0]
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
