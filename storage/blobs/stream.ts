import { CHUNK, openChunk, sealChunk } from './chunks.ts'
import { SealBroken } from '../sealing/seal.ts'

/**
 * Seals a stream under a key of its own, in the form of a blob (chunks.ts): what leaves for a backup. Memory holds a chunk.
 * @param id  names it in the associated data
 */
export async function* sealStream(
  key: Uint8Array,
  id: string,
  content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): AsyncGenerator<Buffer, void> {
  let held: Uint8Array[] = []
  let filled = 0
  let number = 0
  for await (const piece of content)
    for (let at = 0; at < piece.length;) {
      // Only when more comes is it known that a full chunk is not the last.
      if (filled === CHUNK) {
        yield sealChunk(key, id, number++, false, Buffer.concat(held, filled))
        held = []
        filled = 0
      }
      const part = piece.subarray(at, at + CHUNK - filled)
      held.push(part)
      filled += part.length
      at += part.length
    }
  yield sealChunk(key, id, number, true, Buffer.concat(held, filled))
}

/** The length of a chunk that stands before it, and what may be true of it. */
const LENGTH = 4
const LONGEST = CHUNK + 64 * 1024

/** Opens what `sealStream` sealed, chunk after chunk. @throws SealBroken as soon as a chunk does not open or the end is missing */
export async function* openStream(
  key: Uint8Array,
  id: string,
  sealed: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void> {
  let held = Buffer.alloc(0)
  let number = 0
  const lengthOf = (bytes: Buffer): number => {
    const length = LENGTH + bytes.readUInt32BE()
    if (length > LONGEST) throw new SealBroken('chunk too long')
    return length
  }
  const open = (isLast: boolean, length: number): Buffer => {
    const chunk = held.subarray(LENGTH, length)
    const plain = openChunk(key, id, (number + 1) * CHUNK, number, isLast, chunk)
    held = held.subarray(length)
    number++
    return plain
  }
  for await (const piece of sealed) {
    held = held.length === 0 ? Buffer.from(piece) : Buffer.concat([held, piece])
    // One that ends where the bytes do may be the last.
    while (held.length >= LENGTH && held.length > lengthOf(held)) yield open(false, lengthOf(held))
  }
  if (held.length < LENGTH || held.length !== lengthOf(held)) throw new SealBroken('cut off')
  yield open(true, held.length)
}
