import { mediaType, type HeaderProperty, type Part } from '#formats/message'
import type { Structure } from '#mail'
import { partBlobId } from '../ids.ts'
import { allFields, fieldProperty, headerProperty, readHeader, type Header } from './headers.ts'

/** A message's parts, and what it takes to show them. */
export interface Body {
  structure: Structure
  /** What the blobIds of the parts begin with. */
  blobId: string
  /** The message, as far as the properties that were asked for need it. */
  bytes: Buffer
}

type Show = (part: Part, body: Body, header: () => Header) => unknown

const isMultipart = ({ type }: Part): boolean => type === 'multipart'

/** EmailBodyPart, RFC 8621 §4.1.4. */
const PROPERTIES: Record<string, Show> = {
  partId: (part) => (isMultipart(part) ? null : part.partId),
  blobId: (part, { structure, blobId }) => (isMultipart(part) ? null : partBlobId(blobId, structure.numberOf(part))),
  size: (part, { structure }) => structure.sizeOf(part),
  headers: (_part, _body, header) => allFields(header()),
  name: (part) => part.filename,
  type: mediaType,
  charset: (part) => part.parameters['charset'] ?? (part.type === 'text' ? 'us-ascii' : null),
  disposition: (part) => part.disposition,
  cid: (part) => part.contentId,
  language: (part) => part.language,
  location: (part) => part.location,
  subParts: () => null,
}

export const DEFAULT_BODY_PROPERTIES = [
  'partId',
  'blobId',
  'size',
  'name',
  'type',
  'charset',
  'disposition',
  'cid',
  'language',
  'location',
]

export const isBodyProperty = (name: string): boolean =>
  Object.hasOwn(PROPERTIES, name) || headerProperty(name) !== undefined

/** Whether a property of a part is in its header alone. */
export const needsPartHeader = (name: string): boolean => name === 'headers' || name.startsWith('header:')

/** Shows parts with these properties, which have all passed `isBodyProperty`. */
export function bodyPartShower(properties: Iterable<string>): (part: Part, body: Body) => Record<string, unknown> {
  const shows = [...properties].map((name): [string, Show] => [
    name,
    PROPERTIES[name] ?? showField(headerProperty(name)),
  ])
  return function show(part, body) {
    let header: Header | undefined
    const readOnce = (): Header => (header ??= readHeader(body.bytes.subarray(part.headerStart, part.bodyStart)))
    const shown = Object.fromEntries(shows.map(([name, value]) => [name, value(part, body, readOnce)]))
    // Without them the structure would say nothing, though the default properties do not name them. Depth is bounded by
    // the parser.
    if (isMultipart(part)) shown['subParts'] = part.children.map((child) => show(child, body))
    return shown
  }
}

const showField =
  (property: HeaderProperty | undefined): Show =>
  (_part, _body, header) =>
    property === undefined ? null : fieldProperty(header(), property)
