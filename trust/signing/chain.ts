import { createHash } from 'node:crypto'

/**
 * A chain by hash: each link's hash covers the one before, so that none can be changed, taken out or put in later without all that follow
 * being others. Whoever has the digests computes it anew; docs/access-log.md says how.
 */
export const SALT_BYTES = 16
export const HASH_BYTES = 32

/** The hash before the first link. */
export const BEFORE_FIRST: Uint8Array = Buffer.alloc(HASH_BYTES)

/** @param entry  in UTF-8, as whoever it is about is shown it */
export const digestOf = (salt: Uint8Array, entry: string): Buffer =>
  createHash('sha256').update(salt).update(entry).digest()

export function hashOf(before: Uint8Array, number: number, digest: Uint8Array): Buffer {
  const place = Buffer.alloc(8)
  place.writeBigUInt64BE(BigInt(number))
  return createHash('sha256').update(before).update(place).update(digest).digest()
}
