import { expandStructure, type Structure, type Summary } from '#mail'
import { bodyPartShower, needsPartHeader, type Body } from './body-part.ts'
import { bodyBudget, bodyValues, wantsBodyValues, type BodyValueArguments } from './body-values.ts'
import {
  allFields,
  fieldProperty,
  headerProperty,
  readHeader,
  summarisedAs,
  summarisedProperties,
  type Header,
} from './headers.ts'

/** Properties of a stored message that its summary is not needed for. RFC 8621 §4.1.1. */
export const METADATA = ['id', 'blobId', 'threadId', 'mailboxIds', 'keywords', 'size', 'receivedAt', 'hasAttachment']

const BODY_LISTS = ['textBody', 'htmlBody', 'attachments'] as const

/** RFC 8621 §4.9: what is given of a message when nothing is named; of a stored one the metadata too (§4.2). */
export const DEFAULT_PROPERTIES = [...summarisedProperties, 'hasAttachment', 'preview', 'bodyValues', ...BODY_LISTS]

const KNOWN = new Set<string>([...METADATA, ...DEFAULT_PROPERTIES, 'bodyStructure', 'headers'])

/** Whether an Email has such a property. */
export const isEmailProperty = (name: string): boolean => KNOWN.has(name) || headerProperty(name) !== undefined

export interface EmailArguments extends BodyValueArguments {
  bodyProperties: readonly string[]
}

/** A message to be shown. */
export interface Source {
  summary: Omit<Summary, 'blob'>
  /** What the blobIds of its parts begin with. */
  blobId: string
  /** The beginning of the message, or all of it. */
  read(end?: number): Promise<Buffer>
}

/** Shows what a message says of itself; what only the store knows of it (`METADATA`) is for others to add. */
export interface EmailShower {
  needsSummary: boolean
  show(source: Source): Promise<Record<string, unknown>>
}

/** A message while it is shown: nothing of it is read or put together unless a property needs it. */
interface Opened {
  summary: Source['summary']
  header(): Header
  body(): Body
}

type Show = (opened: Opened) => unknown

/** @param properties  have all passed `isEmailProperty`, and the body properties in the arguments `isBodyProperty` */
export function emailShower(properties: Iterable<string>, args: EmailArguments): EmailShower {
  const names = [...properties].filter((name) => !METADATA.includes(name))
  const hasBodies = names.some((name) => name === 'bodyStructure' || (BODY_LISTS as readonly string[]).includes(name))
  const needsBytes =
    (names.includes('bodyValues') && wantsBodyValues(args)) || (hasBodies && args.bodyProperties.some(needsPartHeader))
  const needsHeader = names.includes('headers') || names.some(isOnlyInHeader)
  const shows = showsFor(args)
  const values = names.map((name): [string, Show] => [name, shows[name] ?? showField(name)])

  return {
    needsSummary: names.length > 0,
    async show({ summary, blobId, read }) {
      const headerEnd = summary.structure.at[1]
      const bytes = needsBytes ? await read() : needsHeader ? await read(headerEnd) : NO_BYTES
      let header: Header | undefined
      let structure: Structure | undefined
      const opened: Opened = {
        summary,
        header: () => (header ??= readHeader(bytes.subarray(0, headerEnd))),
        body: () => ({ structure: (structure ??= expandStructure(summary.structure)), blobId, bytes }),
      }
      return Object.fromEntries(values.map(([name, show]) => [name, show(opened)]))
    },
  }
}

const NO_BYTES = Buffer.alloc(0)

function isOnlyInHeader(name: string): boolean {
  const field = headerProperty(name)
  return field !== undefined && summarisedAs(field) === undefined
}

function showsFor(args: EmailArguments): Record<string, Show> {
  const spend = bodyBudget()
  const part = bodyPartShower(args.bodyProperties)
  const lists = BODY_LISTS.map((name): [string, Show] => [
    name,
    ({ body }) => {
      const opened = body()
      return opened.structure[name].map((one) => part(one, opened))
    },
  ])
  return {
    ...Object.fromEntries(summarisedProperties.map((name): [string, Show] => [name, ({ summary }) => summary[name]])),
    ...Object.fromEntries(lists),
    preview: ({ summary }) => summary.preview,
    headers: ({ header }) => allFields(header()),
    bodyStructure({ body }) {
      const opened = body()
      return part(opened.structure.root, opened)
    },
    bodyValues: ({ body }) => (wantsBodyValues(args) ? bodyValues(body(), args, spend) : {}),
  }
}

function showField(name: string): Show {
  const field = headerProperty(name)
  if (field === undefined) return () => null
  const summarised = summarisedAs(field)
  return summarised === undefined
    ? ({ header }) => fieldProperty(header(), field)
    : ({ summary }) => summary[summarised]
}
