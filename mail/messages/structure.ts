import { bodyLists, walkParts, type BodyLists, type Message, type Part } from '#formats/message'
import type { PartSummary } from './summary.ts'

/** The parts of a message as its summary has them: as the parser gave them, but without bytes and header fields. */
export interface Structure extends BodyLists {
  root: Part
  /**
   * The parts by number: depth first, those of messages inside among them. The numbers stay as long as the content does.
   */
  parts: Part[]
  numberOf(part: Part): number
  /** Bytes of its content, transfer encoding undone. */
  sizeOf(part: Part): number
}

export function expandStructure(summary: PartSummary): Structure {
  const sizes = new Map<Part, number>()
  const message = expand(summary, sizes)
  const parts = [...walkParts(message.root, true)]
  const numbers = new Map(parts.map((part, number) => [part, number]))
  return {
    ...bodyLists(message),
    root: message.root,
    parts,
    numberOf: (part) => numbers.get(part) as number,
    sizeOf: (part) => sizes.get(part) ?? part.bodyEnd - part.bodyStart,
  }
}

const NO_BYTES = Buffer.alloc(0)

const expand = (summary: PartSummary, sizes: Map<Part, number>): Message => ({
  bytes: NO_BYTES,
  root: expandPart(summary, sizes),
  isCutShort: false,
})

/** Depth is bounded by the parser. */
function expandPart(summary: PartSummary, sizes: Map<Part, number>): Part {
  const [headerStart, bodyStart, bodyEnd] = summary.at
  const [type = 'text', subtype = 'plain'] = summary.type.split('/')
  const part: Part = {
    partId: summary.id ?? '',
    headerStart,
    bodyStart,
    bodyEnd,
    lines: summary.lines,
    fields: [],
    type,
    subtype,
    parameters: summary.parameters ?? {},
    disposition: summary.disposition ?? null,
    dispositionParameters: summary.dispositionParameters ?? {},
    filename: summary.filename ?? null,
    contentId: summary.contentId ?? null,
    description: summary.description ?? null,
    language: summary.language ?? null,
    location: summary.location ?? null,
    md5: summary.md5 ?? null,
    encoding: summary.encoding ?? '7bit',
    children: summary.children?.map((child) => expandPart(child, sizes)) ?? [],
    message: summary.message === undefined ? null : expand(summary.message, sizes),
  }
  if (summary.size !== undefined) sizes.set(part, summary.size)
  return part
}
