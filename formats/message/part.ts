/** A message as byte offsets: what the parser found, and nothing decoded that nobody asked for. */

/** One header field. The value runs from after the colon up to, not including, the line end that closes the field. */
export interface Field {
  readonly nameStart: number
  readonly nameEnd: number
  readonly valueStart: number
  readonly valueEnd: number
}

/** One MIME part (RFC 2045, 2046). All offsets count bytes from the beginning of the outermost message. */
export interface Part {
  /**
   * "1", "1.2" as IMAP numbers parts (RFC 9051 §6.4.5.1). '' for a multipart that is the body of a message: IMAP has no
   * number for it. A nested message that is not multipart has its one part as ".1" of the part that carries it.
   */
  partId: string
  headerStart: number
  /** After the empty line that ends the header. */
  bodyStart: number
  /** Without the line end that belongs to the boundary after it. */
  bodyEnd: number
  /** Line ends in the body. */
  lines: number
  /** The fields in the order of the message, up to a limit per message. */
  fields: Field[]
  /** Lower case: 'text'. */
  type: string
  /** Lower case: 'plain'. */
  subtype: string
  /** Decoded (RFC 2231, 2047), names in lower case, without a prototype. */
  parameters: Record<string, string>
  /** Lower case: 'inline', 'attachment' or another word; null when there is none. */
  disposition: string | null
  dispositionParameters: Record<string, string>
  /** Decoded name of the file: "filename" of the disposition, else "name" of the type. */
  filename: string | null
  /** Without angle brackets. */
  contentId: string | null
  description: string | null
  language: string[] | null
  location: string | null
  md5: string | null
  /** Lower case; '7bit' when not given. A word that no RFC knows is kept. */
  encoding: string
  /** The parts of a multipart; empty for all others. A multipart always has at least one. */
  children: Part[]
  /** The message inside a message/rfc822 or message/global part; null for others, and when it is transfer-encoded. */
  message: Message | null
}

export interface Message {
  /** Everything that was parsed. A nested message shares it with the message around it. */
  readonly bytes: Buffer
  /** The message seen as a part: its header is the message's header. */
  readonly root: Part
  /** True when a limit of the parser cut the structure short: what follows is one opaque part. */
  isCutShort: boolean
}

/** "text/plain". */
export const mediaType = (part: Part): string => `${part.type}/${part.subtype}`

/** All parts, depth first, the multiparts before what they hold. With `intoMessages`, the parts of nested messages too. */
export function* walkParts(root: Part, intoMessages = false): Generator<Part> {
  const waiting = [root]
  for (let part = waiting.pop(); part; part = waiting.pop()) {
    yield part
    for (let index = part.children.length - 1; index >= 0; index--) waiting.push(part.children[index]!)
    if (intoMessages && part.message) waiting.push(part.message.root)
  }
}

/** The part with this number, nested messages included. */
export function findPart(message: Message, partId: string): Part | undefined {
  if (partId === '') return undefined
  for (const part of walkParts(message.root, true)) if (part.partId === partId) return part
  return undefined
}

/** The bytes of the body as they stand in the message, still transfer-encoded. No copy. */
export const bodyBytes = (message: Message, part: Part): Buffer => message.bytes.subarray(part.bodyStart, part.bodyEnd)
