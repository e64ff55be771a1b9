import { Base64Decoder, base64Size } from './base64.ts'
import { QuotedPrintableDecoder } from './quoted-printable.ts'
import { UuencodeDecoder } from './uuencode.ts'

/** Undoes a transfer encoding piece by piece. */
export interface TransferDecoder {
  push(bytes: Buffer): Buffer
  /** What was held back. To be called once, last. */
  end(): Buffer
  /** True once something was malformed; nothing is left out of the output for it. */
  readonly isProblem: boolean
}

const DECODERS: ReadonlyMap<string, () => TransferDecoder> = new Map<string, () => TransferDecoder>([
  ['base64', () => new Base64Decoder()],
  ['quoted-printable', () => new QuotedPrintableDecoder()],
  ['x-uuencode', () => new UuencodeDecoder()],
])

/** The encodings that change nothing (RFC 2045 §6.2). */
const IDENTITIES = new Set(['7bit', '8bit', 'binary'])

/** Whether bytes in this encoding, as Part.encoding names it, are the content itself. */
export const isIdentity = (encoding: string): boolean => IDENTITIES.has(encoding)

/** Whether the encoding is one that can be undone, or changes nothing. */
export const isDecodable = (encoding: string): boolean => isIdentity(encoding) || DECODERS.has(encoding)

/**
 * The content of a body. Bytes in an encoding that no one knows are returned as they are (RFC 8621 §4.1.4).
 * @param encoding  as Part.encoding names it
 * @returns isProblem when the encoding is unknown or malformed. The bytes may share memory with those given.
 */
export function transferDecode(bytes: Buffer, encoding: string): { bytes: Buffer; isProblem: boolean } {
  const decoder = DECODERS.get(encoding)?.()
  if (!decoder) return { bytes, isProblem: !IDENTITIES.has(encoding) }
  const start = decoder.push(bytes)
  const rest = decoder.end()
  const decoded = rest.length === 0 ? start : Buffer.concat([start, rest])
  return { bytes: decoded, isProblem: decoder.isProblem }
}

/** How many bytes transferDecode makes of a body. What is large is mostly base64, and is not decoded for it. */
export const decodedSize = (bytes: Buffer, encoding: string): number =>
  encoding === 'base64' ? base64Size(bytes) : transferDecode(bytes, encoding).bytes.length

/** What transferDecode does, for a body that comes in pieces and is too large to be held whole. */
export async function* transferDecodePieces(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  encoding: string,
): AsyncGenerator<Buffer, void, undefined> {
  const decoder = DECODERS.get(encoding)?.()
  for await (const piece of pieces) {
    const decoded = decoder ? decoder.push(piece) : piece
    if (decoded.length > 0) yield decoded
  }
  const rest = decoder?.end()
  if (rest && rest.length > 0) yield rest
}
