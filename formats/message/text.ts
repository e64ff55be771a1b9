import { charsetDecoder, decodeUnlabelled } from './charset.ts'
import { bodyBytes, type Message, type Part } from './part.ts'
import { decodedSize, transferDecode } from './transfer.ts'

/** The value of a text part as JMAP shows it: EmailBodyValue of RFC 8621 §4.1.4. */
export interface Text {
  /** Every line end is LF. */
  readonly text: string
  /** Something was malformed or in an unknown charset or encoding: some of the text may be wrong. */
  readonly isEncodingProblem: boolean
}

/** Part of a part that says how its text is to be read. */
export type TextLabel = Pick<Part, 'subtype' | 'parameters'>

const META = /<meta[^>]{1,200}?charset\s{0,8}=\s{0,8}["']?([\w.:-]{1,40})/i
const META_BYTES = 2_048

/**
 * Text from the content of a part, transfer encoding already undone. Without a usable charset it is UTF-8 when that is
 * valid, else Windows-1252; HTML may name its charset in a meta element (RFC 2854 §4).
 */
export function decodeText(content: Buffer, { subtype, parameters }: TextLabel): Text {
  const label = parameters.charset
  const named = label === undefined ? undefined : charsetDecoder(label)
  const meta =
    label === undefined && subtype === 'html' ? META.exec(content.toString('latin1', 0, META_BYTES))?.[1] : undefined
  // A meta element that reads as UTF-16 lies: it was just read as ASCII.
  const fromMeta = meta === undefined || /^utf-?(?:16|32)/i.test(meta) ? undefined : charsetDecoder(meta)
  const { text, isProblem } = (named ?? fromMeta ?? decodeUnlabelled)(content)
  const isUnknown = label !== undefined && named === undefined
  return { text: text.includes('\r') ? text.replace(/\r\n?/g, '\n') : text, isEncodingProblem: isProblem || isUnknown }
}

/** The content of a part, transfer encoding undone. May share memory with the message. */
export const partContent = (message: Message, part: Part): { bytes: Buffer; isProblem: boolean } =>
  transferDecode(bodyBytes(message, part), part.encoding)

/** Bytes of that content. */
export const partSize = (message: Message, part: Part): number => decodedSize(bodyBytes(message, part), part.encoding)

/**
 * The text of a text part.
 * @param maxBytes  how much of the body, still encoded, is read; the last character may then be U+FFFD
 */
export function partText(message: Message, part: Part, maxBytes = Number.POSITIVE_INFINITY): Text {
  const { bytes, isProblem } = transferDecode(bodyBytes(message, part).subarray(0, maxBytes), part.encoding)
  const { text, isEncodingProblem } = decodeText(bytes, part)
  return { text, isEncodingProblem: isEncodingProblem || isProblem }
}
