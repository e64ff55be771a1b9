import { expandStructure, type Structure, type Summary } from '#mail'
import { weightOf, type Finding } from '#mail/findings'
import { bodyPartShower, needsPartHeader } from './body-part.ts'
import { bodyValues, valuedParts, wantsBodyValues, type BodyValueArguments } from './body-values.ts'
import type { Spend } from './budget.ts'
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
const BODIES = new Set<string>([...BODY_LISTS, 'bodyStructure'])

/** RFC 8621 §4.9: what is given of a message when nothing is named; of a stored one the metadata too (§4.2). */
export const DEFAULT_PROPERTIES = [...summarisedProperties, 'hasAttachment', 'preview', 'bodyValues', ...BODY_LISTS]

const KNOWN = new Set<string>([
  ...METADATA,
  ...DEFAULT_PROPERTIES,
  'bodyStructure',
  'headers',
  'verdict',
  'deliveredTo',
])

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
  /** The beginning of the message. */
  read(end: number): Promise<Buffer>
}

/** Shows what a message says of itself; what only the store knows of it (`METADATA`) is for others to add. */
export interface EmailShower {
  needsSummary: boolean
  show(source: Source): Promise<Record<string, unknown>>
}

/** A message while it is shown. */
interface Opened extends Pick<Source, 'summary' | 'blobId'> {
  structure(): Structure
  header(): Header
  /** As far as a property needs it. */
  bytes: Buffer
}

type Show = (opened: Opened) => unknown

/** @param properties  have all passed `isEmailProperty`, and the body properties in the arguments `isBodyProperty` */
export function emailShower(properties: Iterable<string>, args: EmailArguments, spend: Spend): EmailShower {
  const names = [...properties].filter((name) => !METADATA.includes(name))
  const shows = showsFor(args, spend)
  const values = names.map((name): [string, Show] => [name, shows[name] ?? showField(name)])
  const needsHeader = names.includes('headers') || names.some(isOnlyInHeader)
  const needsValues = names.includes('bodyValues') && wantsBodyValues(args)
  const needsPartHeaders = names.some((name) => BODIES.has(name)) && args.bodyProperties.some(needsPartHeader)

  /** How much of the message must be read: what stands behind the texts, as large attachments do, mostly need not be. */
  const endOf = ({ at }: Source['summary']['structure'], structure: () => Structure): number =>
    Math.max(
      needsHeader ? at[1] : 0,
      ...(needsValues ? valuedParts(structure(), args).map(({ bodyEnd }) => bodyEnd) : []),
      ...(needsPartHeaders ? [structure().root, ...structure().parts].map(({ bodyStart }) => bodyStart) : []),
    )

  return {
    needsSummary: names.length > 0,
    async show({ summary, blobId, read }) {
      let expanded: Structure | undefined
      let header: Header | undefined
      const structure = (): Structure => (expanded ??= expandStructure(summary.structure))
      const end = endOf(summary.structure, structure)
      spend('content', end)
      const bytes = end > 0 ? await read(end) : NO_BYTES
      const headerOnce = (): Header => (header ??= readHeader(bytes.subarray(0, summary.structure.at[1])))
      const opened: Opened = { summary, blobId, structure, header: headerOnce, bytes }
      return Object.fromEntries(values.map(([name, show]) => [name, show(opened)]))
    },
  }
}

const NO_BYTES = Buffer.alloc(0)

/** What was found in a message when it came, the weightiest first. docs/jmap-extensions.md. */
const showVerdict = (verdict: Summary['verdict']): Record<string, unknown> | null =>
  verdict === undefined ? null : { place: verdict.place, findings: showFindings(verdict.findings) }

/** The weightiest first. */
export const showFindings = (findings: readonly Finding[]): Record<string, unknown>[] =>
  findings
    .map(({ name, values = {} }) => ({ name, weight: weightOf(name), values }))
    .toSorted((a, b) => b.weight - a.weight)

function isOnlyInHeader(name: string): boolean {
  const field = headerProperty(name)
  return field !== undefined && summarisedAs(field) === undefined
}

function showsFor(args: EmailArguments, spend: Spend): Record<string, Show> {
  const showPart = bodyPartShower(args.bodyProperties)
  const parts = (opened: Opened): Parameters<typeof showPart>[1] => ({ ...opened, structure: opened.structure() })
  const lists = BODY_LISTS.map((name): [string, Show] => [
    name,
    (opened) => {
      const body = parts(opened)
      const list = body.structure[name]
      spend('parts', list.length)
      return list.map((part) => showPart(part, body))
    },
  ])
  return {
    ...Object.fromEntries(summarisedProperties.map((name): [string, Show] => [name, ({ summary }) => summary[name]])),
    ...Object.fromEntries(lists),
    preview: ({ summary }) => summary.preview,
    verdict: ({ summary }) => showVerdict(summary.verdict),
    deliveredTo: ({ summary }) => summary.deliveredTo ?? null,
    headers: ({ header }) => allFields(header()),
    bodyStructure(opened) {
      const body = parts(opened)
      spend('parts', body.structure.parts.length)
      return showPart(body.structure.root, body)
    },
    bodyValues: ({ structure, bytes }) =>
      wantsBodyValues(args) ? bodyValues(valuedParts(structure(), args), bytes, args.maxBodyValueBytes) : {},
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
