import { createPublicKey, verify } from 'node:crypto'
import { canonical, type PublicKey } from '#trust/signing'
import { MOST_BYTES, ReadReceipt } from './file.ts'
import { subjectOf } from './statement.ts'

/** What a receipt turned out to be. */
export type Verdict =
  | { isValid: true; receipt: string; host: string; erasedAt: string; isAddressProven: boolean }
  /** Not a receipt at all; signed by another key; changed after it was signed; about another address. */
  | { isValid: false; why: 'form' | 'key' | 'signature' | 'address' }

/** Verifies a receipt's file with the public keys of the server that it says it is from. */
export function verifyReceipt(file: string, keys: readonly PublicKey[]): Verdict {
  const read = ReadReceipt.safeParse(file.length > MOST_BYTES ? undefined : parse(file))
  if (!read.success) return { isValid: false, why: 'form' }
  const { statement, signature, address, salt } = read.data
  const key = keys.find(({ kid }) => kid === signature.key)
  if (key === undefined) return { isValid: false, why: 'key' }
  const { kty, crv, x } = key
  const publicKey = createPublicKey({ key: { kty, crv, x }, format: 'jwk' })
  const isSigned = verify(null, Buffer.from(canonical(statement)), publicKey, Buffer.from(signature.value, 'base64url'))
  if (!isSigned) return { isValid: false, why: 'signature' }
  const isAddressProven = address !== undefined && salt !== undefined
  if (isAddressProven && subjectOf(salt, address) !== statement['subject']) return { isValid: false, why: 'address' }
  const { receipt, host, erasedAt } = statement as { receipt: string; host: string; erasedAt: string }
  return { isValid: true, receipt, host, erasedAt, isAddressProven }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
