import { decodeText, transferDecode, type Part } from '#formats/message'
import type { Structure } from '#mail'

/** Which values are wanted. RFC 8621 §4.2. */
export interface BodyValueArguments {
  fetchTextBodyValues: boolean
  fetchHTMLBodyValues: boolean
  fetchAllBodyValues: boolean
  /** 0 for no limit. */
  maxBodyValueBytes: number
}

/** EmailBodyValue, RFC 8621 §4.1.4. */
interface BodyValue {
  value: string
  isEncodingProblem: boolean
  isTruncated: boolean
}

export const wantsBodyValues = (args: BodyValueArguments): boolean =>
  args.fetchTextBodyValues || args.fetchHTMLBodyValues || args.fetchAllBodyValues

/** The text parts whose values were asked for. */
export function valuedParts(structure: Structure, args: BodyValueArguments): Part[] {
  const parts = new Set([
    ...(args.fetchTextBodyValues ? structure.textBody : []),
    ...(args.fetchHTMLBodyValues ? structure.htmlBody : []),
    ...(args.fetchAllBodyValues ? leavesOf(structure.root) : []),
  ])
  return [...parts].filter(({ type }) => type === 'text')
}

const leavesOf = (part: Part): Part[] => (part.children.length === 0 ? [part] : part.children.flatMap(leavesOf))

/** The values of parts by partId. `bytes` is the message, at least as far as these parts. */
export const bodyValues = (parts: readonly Part[], bytes: Buffer, maxBytes: number): Record<string, BodyValue> =>
  Object.fromEntries(parts.map((part) => [part.partId, bodyValue(part, bytes, maxBytes)]))

function bodyValue(part: Part, bytes: Buffer, maxBytes: number): BodyValue {
  const { bytes: content, isProblem } = transferDecode(bytes.subarray(part.bodyStart, part.bodyEnd), part.encoding)
  const { text, isEncodingProblem } = decodeText(content, part)
  const value = maxBytes > 0 ? truncate(text, maxBytes, part.subtype === 'html') : text
  return { value, isEncodingProblem: isEncodingProblem || isProblem, isTruncated: value.length < text.length }
}

/** The beginning of a text, at most so many bytes of UTF-8: whole characters and, of HTML, whole tags. */
export function truncate(text: string, maxBytes: number, isHtml: boolean): string {
  // No character has fewer than one byte, and none more than three for each unit of the string.
  if (text.length * 3 <= maxBytes) return text
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(Math.min(maxBytes, text.length * 3)))
  if (read === text.length || !isHtml) return text.slice(0, read)
  const start = text.slice(0, read)
  const tag = start.lastIndexOf('<')
  return tag > start.lastIndexOf('>') ? start.slice(0, tag) : start
}
