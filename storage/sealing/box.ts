import {
  createPrivateKey,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type JsonWebKey,
} from 'node:crypto'
import { KEY_BYTES, open, seal, SealBroken, SEAL_OVERHEAD } from './seal.ts'

/** Both halves of an X25519 key (RFC 7748), raw. */
export interface KeyPair {
  publicKey: Buffer
  privateKey: Buffer
}

export function newKeyPair(): KeyPair {
  const { x, d } = generateKeyPairSync('x25519').privateKey.export({ format: 'jwk' })
  return { publicKey: Buffer.from(x as string, 'base64url'), privateKey: Buffer.from(d as string, 'base64url') }
}

/**
 * Seals for whoever has the private half: a key pair for this one value, and AES-256-GCM under what HKDF-SHA-256
 * makes of the secret both share. Form: public half (32 bytes), sealed value.
 */
export function sealTo(publicKey: Uint8Array, place: string, plain: Uint8Array): Buffer {
  const own = newKeyPair()
  return Buffer.concat([own.publicKey, seal(sharedKey(own, publicKey, own.publicKey, publicKey), place, plain)])
}

/** @throws SealBroken */
export function openBox(pair: KeyPair, place: string, sealed: Uint8Array): Buffer {
  if (sealed.length < KEY_BYTES + SEAL_OVERHEAD) throw new SealBroken('sealed value too short')
  const other = sealed.subarray(0, KEY_BYTES)
  return open(sharedKey(pair, other, other, pair.publicKey), place, sealed.subarray(KEY_BYTES))
}

/** Both public halves are part of the key, so that a value cannot be passed off as one for another. */
function sharedKey(own: KeyPair, other: Uint8Array, sender: Uint8Array, receiver: Uint8Array): Buffer {
  const jwk = (x: Uint8Array): JsonWebKey => ({ kty: 'OKP', crv: 'X25519', x: Buffer.from(x).toString('base64url') })
  const secret = diffieHellman({
    privateKey: createPrivateKey({
      key: { ...jwk(own.publicKey), d: Buffer.from(own.privateKey).toString('base64url') },
      format: 'jwk',
    }),
    publicKey: createPublicKey({ key: jwk(other), format: 'jwk' }),
  })
  return Buffer.from(hkdfSync('sha256', secret, Buffer.concat([sender, receiver]), 'zegel box', KEY_BYTES))
}
