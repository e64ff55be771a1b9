import type { BlobRef } from '#storage'
import {
  envelope,
  hasAttachment,
  isIdentity,
  parseMessage,
  partSize,
  preview,
  threadSubject,
  type Envelope,
  type Message,
  type Part,
} from '#formats/message'
import type { Verdict } from '#mail/findings'
import { listedFields } from './listed-fields.ts'

/**
 * What is known of a message without opening its content: written once when it arrives, sealed with its item, and all
 * that a list, an envelope or a body structure needs. `version` changes with the form.
 */
export interface Summary extends Omit<Envelope, 'date'> {
  version: 1
  /** Opens the content. */
  blob: BlobRef
  /** The Date field with its offset, as JMAP's Date. */
  sentAt: string | null
  preview: string
  hasAttachment: boolean
  structure: PartSummary
  /** Header fields as they came (listed-fields.ts); absent where they are long, and in what came before they were kept. */
  fields?: string
  /** The address it was delivered to, where it came by SMTP. */
  deliveredTo?: string
  /** What was found in it when it came, and where it went for that; absent where nothing was looked for. */
  verdict?: Verdict
}

/** A part: what is left out is empty, absent or the default. */
export interface PartSummary {
  id?: string
  /** Offsets of the header, of the body, and of the body's end. */
  at: [header: number, body: number, end: number]
  lines: number
  type: string
  parameters?: Record<string, string>
  disposition?: string
  dispositionParameters?: Record<string, string>
  filename?: string
  contentId?: string
  description?: string
  language?: string[]
  location?: string
  md5?: string
  /** Transfer encoding, where it is not 7bit. */
  encoding?: string
  /** Bytes of the content, where its transfer encoding makes them others than those of the body. */
  size?: number
  children?: PartSummary[]
  /** The structure of a message inside. */
  message?: PartSummary
}

/** Parses and summarises a message. `blob` is set by whoever stores it. */
export function summarise(bytes: Uint8Array): Omit<Summary, 'blob'> {
  return summariseMessage(parseMessage(bytes))
}

export function summariseMessage(message: Message): Omit<Summary, 'blob'> {
  const { date: sentAt, ...head } = envelope(message)
  const fields = listedFields(message)
  return {
    version: 1,
    ...head,
    sentAt,
    preview: preview(message),
    hasAttachment: hasAttachment(message),
    structure: summariseStructure(message),
    ...(fields === undefined ? {} : { fields }),
  }
}

export const summariseStructure = (message: Message): PartSummary => summarisePart(message, message.root)

/** Depth is bounded by the parser. */
function summarisePart(message: Message, part: Part): PartSummary {
  const set = <T>(value: T | null | undefined): T | undefined => value ?? undefined
  const filled = (record: Record<string, string>): Record<string, string> | undefined =>
    Object.keys(record).length > 0 ? record : undefined
  // JSON leaves out what is undefined.
  return {
    id: part.partId || undefined,
    at: [part.headerStart, part.bodyStart, part.bodyEnd],
    lines: part.lines,
    type: `${part.type}/${part.subtype}`,
    parameters: filled(part.parameters),
    disposition: set(part.disposition),
    dispositionParameters: filled(part.dispositionParameters),
    filename: set(part.filename),
    contentId: set(part.contentId),
    description: set(part.description),
    language: set(part.language),
    location: set(part.location),
    md5: set(part.md5),
    encoding: part.encoding === '7bit' ? undefined : part.encoding,
    size: isIdentity(part.encoding) || part.children.length > 0 ? undefined : partSize(message, part),
    children: part.children.length > 0 ? part.children.map((child) => summarisePart(message, child)) : undefined,
    message: part.message === null ? undefined : summariseStructure(part.message),
  } as PartSummary
}

export const readSummary = (bytes: Uint8Array): Summary =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString()) as Summary

/**
 * What ties a message to others: its own Message-ID and those it refers to, each with the base subject, so that an
 * answer under a new subject begins a new thread (RFC 8621 §3). Own id first, then the nearest.
 */
export function threadKeys(summary: Omit<Summary, 'blob'>): string[] {
  const subject = threadSubject(summary.subject ?? '').toLowerCase()
  const references = (summary.references ?? []).slice(-20).reverse()
  const ids = new Set([
    ...(summary.messageId ?? []).slice(0, 1),
    ...(summary.inReplyTo ?? []).slice(0, 4),
    ...references,
  ])
  return [...ids].map((id) => `${id}\0${subject}`)
}
