import { decodeText, transferDecode, type Part } from '#formats/message'
import { MethodError } from '../../calls/errors.ts'
import type { Body } from './body-part.ts'

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

/** What the values of one call may hold together, in bytes of bodies. */
const MOST_BYTES = 100_000_000

/** Counts the bytes of the bodies decoded in one call. @throws MethodError 'requestTooLarge' */
export function bodyBudget(): (bytes: number) => void {
  let left = MOST_BYTES
  return (bytes) => {
    left -= bytes
    if (left < 0) throw new MethodError('requestTooLarge', 'the bodies are too large for one call')
  }
}

export const wantsBodyValues = (args: BodyValueArguments): boolean =>
  args.fetchTextBodyValues || args.fetchHTMLBodyValues || args.fetchAllBodyValues

/** The values of the text parts that were asked for, by partId. */
export function bodyValues(
  { structure, bytes }: Body,
  args: BodyValueArguments,
  spend: (bytes: number) => void,
): Record<string, BodyValue> {
  const parts = new Set([
    ...(args.fetchTextBodyValues ? structure.textBody : []),
    ...(args.fetchHTMLBodyValues ? structure.htmlBody : []),
    ...(args.fetchAllBodyValues ? leavesOf(structure.root) : []),
  ])
  const values: Record<string, BodyValue> = {}
  for (const part of parts) {
    if (part.type !== 'text') continue
    spend(part.bodyEnd - part.bodyStart)
    values[part.partId] = bodyValue(part, bytes, args.maxBodyValueBytes)
  }
  return values
}

const leavesOf = (part: Part): Part[] => (part.children.length === 0 ? [part] : part.children.flatMap(leavesOf))

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
