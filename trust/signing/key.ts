import { z } from 'zod'
import { createPrivateKey, createPublicKey, hash, type KeyObject } from 'node:crypto'
import { Refusal } from '#system'
import type { ServiceKey } from '#storage'

/** An Ed25519 key as a JSON Web Key (RFC 8037 §2). */
export interface PublicKey {
  kty: 'OKP'
  crv: 'Ed25519'
  x: string
  kid: string
  use: 'sig'
}

/** PKCS #8 before the 32 bytes of an Ed25519 key (RFC 8410 §7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex')

/** The key that signs for a purpose, made from its service key: there is no other copy of it. */
export function signingKey(service: ServiceKey): KeyObject {
  const seed = Buffer.concat([service.hash('signing key 1'), service.hash('signing key 2')])
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: 'der', type: 'pkcs8' })
}

export function publicKeyOf(privateKey: KeyObject): PublicKey {
  const { x } = createPublicKey(privateKey).export({ format: 'jwk' }) as { x: string }
  return { kty: 'OKP', crv: 'Ed25519', x, kid: hash('sha256', x, 'base64url').slice(0, 16), use: 'sig' }
}

const Published = z.object({
  keys: z
    .array(
      z.object({
        kty: z.literal('OKP'),
        crv: z.literal('Ed25519'),
        x: z.string().length(43),
        kid: z.string().max(100),
        use: z.literal('sig').default('sig'),
      }),
    )
    .max(100),
})

/** Keys as a server publishes them. @throws Refusal 'invalid' */
export function readPublicKeys(text: string): PublicKey[] {
  try {
    return Published.parse(JSON.parse(text)).keys
  } catch (error) {
    throw new Refusal('invalid', { cause: error, fields: ['these are no public keys of a Zegel server'] })
  }
}
