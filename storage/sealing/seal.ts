import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  hash,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto'

/**
 * AES-256-GCM over small values. The associated data names whose value it is and where it stands, so that a value moved
 * to another account, table or row does not open.
 *
 * Form: nonce (12 bytes, random), ciphertext, tag (16 bytes). A random nonce is safe for 2^32 values under one key
 * (NIST SP 800-38D §8.3); every account has a key of its own, and every blob another.
 */
const NONCE = 12
const TAG = 16
export const SEAL_OVERHEAD = NONCE + TAG
export const KEY_BYTES = 32

/** A value was sealed under another key or for another place, or was changed. */
export class SealBroken extends Error {
  override name = 'SealBroken'
}

/** Random bytes in one draw of 8 KiB: asking the system for 12 bytes at a time costs more than the cipher. */
let pool = Buffer.alloc(0)
let used = 0
function nonce(): Buffer {
  if (used + NONCE > pool.length) {
    pool = randomBytes(8184)
    used = 0
  }
  return pool.subarray(used, (used += NONCE))
}

/** A key at hand: as a KeyObject where it is used often, since making one costs as much as a small value's cipher. */
export type Key = Uint8Array | KeyObject

/** Node finds out that bytes are no KeyObject by throwing, in every call that is given bytes: eight times the cost of making one. */
export const keyObject = (key: Key): KeyObject => (key instanceof Uint8Array ? createSecretKey(key) : key)

/** @param iv  where it is not random */
export function seal(key: Key, place: string, plain: Uint8Array | string, iv: Uint8Array = nonce()): Buffer {
  const cipher = createCipheriv('aes-256-gcm', keyObject(key), iv)
  cipher.setAAD(Buffer.from(place))
  const body = typeof plain === 'string' ? cipher.update(plain, 'utf8') : cipher.update(plain)
  const rest = cipher.final()
  return Buffer.concat([iv, body, rest, cipher.getAuthTag()])
}

/** @throws SealBroken */
export function open(key: Key, place: string, sealed: Uint8Array): Buffer {
  if (sealed.length < SEAL_OVERHEAD) throw new SealBroken('sealed value too short')
  const decipher = createDecipheriv('aes-256-gcm', keyObject(key), sealed.subarray(0, NONCE), { authTagLength: TAG })
  decipher.setAAD(Buffer.from(place))
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG))
  const body = decipher.update(sealed.subarray(NONCE, sealed.length - TAG))
  try {
    decipher.final()
  } catch (error) {
    throw new SealBroken('sealed value does not open here', { cause: error })
  }
  return body
}

/** A key for one purpose from a key for many: HKDF-SHA-256 (RFC 5869). */
export const deriveKey = (key: Uint8Array, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', key, '', `zegel ${purpose}`, KEY_BYTES))

/**
 * A keyed hash for lookups by equality: the first 16 bytes of SHA-256 over key and value. The key has a fixed length and
 * the output is cut, so extending a value tells nothing; `createHmac` takes nine times as long on short words.
 */
export function keyedHash(key: Uint8Array, value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value
  return hash('sha256', Buffer.concat([key, bytes]), 'buffer').subarray(0, 16)
}

/**
 * Seals so that the same value in the same place looks the same under one key, and is found by comparing: the nonce is a
 * keyed hash of place and value (a synthetic nonce). Whoever sees the sealed values learns
 * which of them are equal, and nothing else. A nonce comes twice only with the same value, or by the chance of a random one, so
 * the same key may seal at random too, within the limit above.
 */
export const sealAlike = (key: Key, nonceKey: Uint8Array, place: string, plain: Uint8Array): Buffer =>
  seal(key, place, plain, keyedHash(nonceKey, Buffer.concat([Buffer.from(`${place}\0`), plain])).subarray(0, NONCE))
