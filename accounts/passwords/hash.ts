import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

/**
 * argon2id (RFC 9106) with the least parameters that OWASP's Password Storage Cheat Sheet names: 19 MiB, 2 passes,
 * 1 lane; about 40 ms of a core. Its stronger choices (46 MiB, 1 pass) took twice that without being harder to guess.
 */
const COST = { memory: 19 * 1024, passes: 2, parallelism: 1 }
const SALT_BYTES = 16
const TAG_BYTES = 32

const derive = promisify(argon2)

/** PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`, base64 without padding. */
const PHC = /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{22,86})$/

const phc = (salt: Buffer, tag: Buffer): string =>
  `$argon2id$v=19$m=${COST.memory},t=${COST.passes},p=${COST.parallelism}$${unpadded(salt)}$${unpadded(tag)}`

const unpadded = (bytes: Buffer): string => bytes.toString('base64').replace(/=+$/, '')

/** What a password is compared with where there is none: it costs the same and fits nothing. */
export const DECOY = phc(randomBytes(SALT_BYTES), randomBytes(TAG_BYTES))

/** @returns a PHC string. Costs as COST says: call it in turn (turns.ts). */
export async function hashPassword(password: string): Promise<string> {
  const nonce = randomBytes(SALT_BYTES)
  return phc(nonce, await derive('argon2id', { message: bytesOf(password), nonce, tagLength: TAG_BYTES, ...COST }))
}

/** Whether a password is the one that a PHC string was made of, whatever its parameters. Call it in turn (turns.ts). */
export async function fitsPassword(password: string, stored: string): Promise<boolean> {
  const [, memory, passes, parallelism, salt, tag] = PHC.exec(stored) ?? []
  if (salt === undefined || tag === undefined) throw new Error('a stored password is not in PHC format')
  const expected = Buffer.from(tag, 'base64')
  const found = await derive('argon2id', {
    message: bytesOf(password),
    nonce: Buffer.from(salt, 'base64'),
    tagLength: expected.length,
    memory: Number(memory),
    passes: Number(passes),
    parallelism: Number(parallelism),
  })
  return timingSafeEqual(found, expected)
}

/** The same password typed on another keyboard may come in another normal form (RFC 8265 §4.2.2). */
const bytesOf = (password: string): Buffer => Buffer.from(password.normalize('NFC'))
