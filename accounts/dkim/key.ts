import { createPrivateKey, generateKeyPair, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import type { ServiceKey } from '#storage'

/** What the signatures of a key are made with: RFC 6376 §3.3.1 and RFC 8463. */
export type DkimAlgorithm = 'rsa' | 'ed25519'

export const ALGORITHMS: readonly DkimAlgorithm[] = ['rsa', 'ed25519']

/** `published`: to be put into the DNS. `retired`: no longer signs, and stays there for what is under way. */
export type KeyState = 'published' | 'signing' | 'retired' | 'gone'

/** A key as it is kept, without its private half. */
export interface DkimKey {
  domain: string
  selector: string
  algorithm: DkimAlgorithm
  state: KeyState
  publicKey: string
  changedAt: Date
  seen: 'right' | 'wrong' | 'missing' | null
  seenAt: Date | null
  astraySince: Date | null
}

const generate = promisify(generateKeyPair)

/** RFC 8301 §3.2 wants 2048 bits of RSA, and many panels for the DNS take no more. */
const MODULUS_BITS = 2048

/** Both halves in DER. */
async function newPair(algorithm: DkimAlgorithm): Promise<{ publicKey: Buffer; privateKey: Buffer }> {
  const { publicKey, privateKey } =
    algorithm === 'rsa' ? await generate('rsa', { modulusLength: MODULUS_BITS }) : await generate('ed25519')
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'der' }),
  }
}

/** Of an Ed25519 key in DER the last 32 bytes are the key, which alone stands in its record (RFC 8463 §4). */
const ED25519_BYTES = 32

const placeOf = (domain: string, selector: string): string => `dkim/${domain}/${selector}`

/** Makes a pair. @returns the public half as it stands in the record, the private one sealed */
export async function newKey(
  service: ServiceKey,
  { domain, selector, algorithm }: Pick<DkimKey, 'domain' | 'selector' | 'algorithm'>,
): Promise<{ publicKey: string; sealed: Buffer }> {
  const { publicKey, privateKey } = await newPair(algorithm)
  const sealed = service.seal(placeOf(domain, selector), privateKey)
  privateKey.fill(0)
  return {
    publicKey: (algorithm === 'rsa' ? publicKey : publicKey.subarray(-ED25519_BYTES)).toString('base64'),
    sealed,
  }
}

/** @throws SealBroken */
export function openKey(
  service: ServiceKey,
  { domain, selector }: Pick<DkimKey, 'domain' | 'selector'>,
  sealed: Uint8Array,
): KeyObject {
  const der = service.open(placeOf(domain, selector), sealed)
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  return key
}
