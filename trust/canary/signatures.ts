import { createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import type { Keyholder, PromisedCanary } from '#policy'
import type { CanaryFile, Signature } from './file.ts'
import { signedBytes, type Statement } from './statement.ts'

export const publicKeyFrom = (x: string): KeyObject =>
  createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })

/** The same as tools read it: the bytes that say "Ed25519" before its 32 (RFC 8410 §4). */
export const derOf = (x: string): Buffer => publicKeyFrom(x).export({ format: 'der', type: 'spki' })

/** Ed25519 (RFC 8032 §5.1) of the statement's canonical form. */
export const signStatement = (statement: Statement, key: string, privateKey: KeyObject): Signature => ({
  algorithm: 'Ed25519',
  key,
  value: sign(null, signedBytes(statement), privateKey).toString('base64url'),
})

export function isSigned(statement: Statement, { key, value }: Signature): boolean {
  try {
    return verify(null, signedBytes(statement), publicKeyFrom(key), Buffer.from(value, 'base64url'))
  } catch {
    // A key that is no point of the curve.
    return false
  }
}

/** What a signature turned out to be: of a keyholder, each of whom counts once; of nobody who counts; of something else. */
export type Judged =
  | { counts: true; name: string; signature: Signature }
  | { counts: false; why: 'stranger' | 'twice' | 'changed'; name: string | undefined; signature: Signature }

/** What each signature under a canary is worth to those who are its keyholders. */
export function judge({ statement, signatures }: CanaryFile, keyholders: readonly Keyholder[]): Judged[] {
  const counted = new Set<string>()
  return signatures.map((signature) => {
    const name = keyholders.find(({ key }) => key === signature.key)?.name
    if (name === undefined) return { counts: false, why: 'stranger', name, signature }
    if (counted.has(signature.key)) return { counts: false, why: 'twice', name, signature }
    if (!isSigned(statement, signature)) return { counts: false, why: 'changed', name, signature }
    counted.add(signature.key)
    return { counts: true, name, signature }
  })
}

/** The keyholders who have signed, each once. */
export const signersOf = (file: CanaryFile, keyholders: readonly Keyholder[]): string[] =>
  judge(file, keyholders).flatMap((judged) => (judged.counts ? [judged.name] : []))

/** Whether enough of the keyholders have signed it. */
export const isSignedByEnough = (file: CanaryFile, { needed, keyholders }: PromisedCanary): boolean =>
  keyholders.length > 0 && signersOf(file, keyholders).length >= needed
