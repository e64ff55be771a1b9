import { createCipheriv, createDecipheriv } from 'node:crypto'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { keyObject, SealBroken } from '../sealing/seal.ts'

/**
 * The form of a sealed blob: chunks of 256 KiB of content, each compressed (where that helps) and then sealed on its own,
 * so that any range is read without what precedes it and memory stays bounded.
 *
 * A chunk is: length of what follows (4 bytes), how it is packed (1 byte: 0 as it is, 1 zstd), ciphertext, tag (16 bytes).
 * The key belongs to this one blob, so the chunk's number serves as nonce. The associated data names blob, number and
 * whether it is the last: chunks cannot be swapped, left out or cut off unseen.
 */
export const CHUNK = 256 * 1024
const TAG = 16
const HEAD = 5

export const sealChunk = (...given: Parameters<typeof sealPieces>): Buffer => Buffer.concat(sealPieces(...given))

/** The same in pieces, for what writes them as they are. */
export function sealPieces(
  key: Uint8Array,
  blobId: string,
  number: number,
  isLast: boolean,
  plain: Uint8Array,
): [head: Buffer, body: Buffer, tag: Buffer] {
  const packed = compress(plain)
  const cipher = createCipheriv('aes-256-gcm', keyObject(key), nonce(number))
  const kind = packed === plain ? 0 : 1
  cipher.setAAD(place(blobId, number, isLast, kind))
  const body = cipher.update(packed)
  cipher.final()
  const head = Buffer.alloc(HEAD)
  head.writeUInt32BE(1 + body.length + TAG)
  head[4] = kind
  return [head, body, cipher.getAuthTag()]
}

/**
 * Opens one chunk, given without its length.
 * @param size  bytes of the blob's content: what a chunk unpacks to is then had in one allocation
 * @throws SealBroken
 */
export function openChunk(
  key: Uint8Array,
  blobId: string,
  size: number,
  number: number,
  isLast: boolean,
  chunk: Uint8Array,
): Buffer {
  if (chunk.length < 1 + TAG) throw new SealBroken('chunk too short')
  const kind = chunk[0] as number
  const decipher = createDecipheriv('aes-256-gcm', keyObject(key), nonce(number), { authTagLength: TAG })
  decipher.setAAD(place(blobId, number, isLast, kind))
  decipher.setAuthTag(chunk.subarray(chunk.length - TAG))
  const body = decipher.update(chunk.subarray(1, chunk.length - TAG))
  try {
    decipher.final()
  } catch (error) {
    throw new SealBroken('chunk does not open here', { cause: error })
  }
  if (kind === 0) return body
  // One byte more, or it would look for more.
  const chunkSize = Math.max(constants.Z_MIN_CHUNK, Math.min(CHUNK, size - number * CHUNK) + 1)
  return zstdDecompressSync(body, { maxOutputLength: CHUNK, chunkSize })
}

/** Where each chunk of a sealed blob begins and ends, without its length; read from the lengths alone. */
export function* chunksOf(sealed: Buffer): Generator<{ number: number; isLast: boolean; chunk: Buffer }> {
  let at = 0
  for (let number = 0; at < sealed.length; number++) {
    if (at + 4 > sealed.length) throw new SealBroken('blob cut off')
    const end = at + 4 + sealed.readUInt32BE(at)
    if (end > sealed.length) throw new SealBroken('blob cut off')
    yield { number, isLast: end === sealed.length, chunk: sealed.subarray(at + 4, end) }
    at = end
  }
}

const FAST = { [constants.ZSTD_c_compressionLevel]: 1 }

/** What is small gains too little; what does not shrink by a tenth stays as it is. */
function compress(plain: Uint8Array): Uint8Array {
  if (plain.length < 512) return plain
  // In one allocation: what gets larger is not wanted.
  const packed = zstdCompressSync(plain, { params: FAST, chunkSize: plain.length })
  return packed.length < plain.length * 0.9 ? packed : plain
}

function nonce(number: number): Buffer {
  const bytes = Buffer.alloc(12)
  bytes.writeUIntBE(number, 6, 6)
  return bytes
}

const place = (blobId: string, number: number, isLast: boolean, kind: number): Buffer =>
  Buffer.from(`blob/${blobId}/${number}/${isLast ? 'last' : 'more'}/${kind}`)
