import type { ServiceKey } from '#storage'
import { SCRAM_BYTES, scramKeys, type ScramKeys } from './scram.ts'
import { showSecret } from './secret.ts'

/**
 * One salt and one count for everybody, which therefore tell nothing: neither whether an address exists nor, of two
 * addresses, that they are one person's. A salt for each person keeps apart what people choose; these secrets are 100
 * random bits, of which nobody makes a list. RFC 7677 §4 asks for 4096 iterations at least.
 */
export const ITERATIONS = 4096
export const scramSalt = (credentials: ServiceKey): Buffer => credentials.hash('scram salt')

/** By which an app password is found. */
export const secretKey = (credentials: ServiceKey, bare: string): Buffer => credentials.hash(`app password\0${bare}`)

const placeOf = (accountId: number, id: number): string => `app_password/${accountId}/${id}`

/** With SCRAM a secret counts as it was typed (RFC 5802 §2.2): with its separators or without. */
export async function sealScram(credentials: ServiceKey, accountId: number, id: number, bare: string): Promise<Buffer> {
  const salt = scramSalt(credentials)
  const forms = await Promise.all([showSecret(bare), bare].map((form) => scramKeys(form, salt, ITERATIONS)))
  const bytes = forms.flatMap(({ storedKey, serverKey }) => [storedKey, serverKey])
  return sealKeys(credentials, accountId, id, Buffer.concat(bytes))
}

/** @param keys  StoredKey and ServerKey of each form */
export const sealKeys = (credentials: ServiceKey, accountId: number, id: number, keys: Uint8Array): Buffer =>
  credentials.seal(placeOf(accountId, id), keys)

/** What was sealed, for each form that may be typed. */
export function openScram(credentials: ServiceKey, accountId: number, id: number, sealed: Uint8Array): ScramKeys[] {
  const bytes = credentials.open(placeOf(accountId, id), sealed)
  return [0, 2].map((at) => ({
    storedKey: bytes.subarray(at * SCRAM_BYTES, (at + 1) * SCRAM_BYTES),
    serverKey: bytes.subarray((at + 1) * SCRAM_BYTES, (at + 2) * SCRAM_BYTES),
  }))
}
