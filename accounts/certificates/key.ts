import { createHash, createPrivateKey, createPublicKey, generateKeyPair, randomUUID, type KeyObject } from 'node:crypto'
import { promisify } from 'node:util'
import { now } from '#system'
import type { ServiceKey, Sql } from '#storage'
import type { Purpose } from './names.ts'

export type KeyState = 'next' | 'used' | 'retired' | 'gone'

/** A key of certificates, without its private half. */
export interface TlsKey {
  keyId: string
  purpose: Purpose
  subject: string
  state: KeyState
  /** SHA-256 of its public half in DER, in hex: what a TLSA record 3 1 1 says (RFC 6698 §2.1). */
  digest: string
  changedAt: Date
  seen: 'right' | 'wrong' | 'missing' | null
  seenAt: Date | null
  seenSince: Date | null
}

const generate = promisify(generateKeyPair)

const placeOf = (keyId: string): string => `key/${keyId}`

/** Makes a key if the subject has none in that state. Several processes may at once: one is kept. */
export async function makeKey(
  sql: Sql,
  service: ServiceKey,
  { purpose, subject }: Pick<TlsKey, 'purpose' | 'subject'>,
  state: 'next' | 'used',
): Promise<number> {
  const { publicKey, privateKey } = await generate('ec', { namedCurve: 'P-256' })
  const der = privateKey.export({ type: 'pkcs8', format: 'der' })
  const keyId = randomUUID()
  const at = now()
  const { rowCount } = await sql`
    insert into tls_key (key_id, purpose, subject, state, digest, private_key, created_at, changed_at)
    values (${keyId}, ${purpose}, ${subject}, ${state}, ${digestOf(publicKey)}, ${service.seal(placeOf(keyId), der)}, ${at}, ${at})
    on conflict do nothing`
  der.fill(0)
  return rowCount
}

/** @throws SealBroken */
export function openTlsKey(service: ServiceKey, keyId: string, sealed: Uint8Array): KeyObject {
  const der = service.open(placeOf(keyId), sealed)
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  der.fill(0)
  return key
}

export const digestOf = (key: KeyObject): string =>
  createHash('sha256')
    .update((key.type === 'private' ? createPublicKey(key) : key).export({ type: 'spki', format: 'der' }))
    .digest('hex')

export const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }) as string

/** The keys of a subject that are not gone, the newest first. */
export async function keysOf(sql: Sql, { purpose, subject }: Pick<TlsKey, 'purpose' | 'subject'>): Promise<TlsKey[]> {
  const { rows } = await sql<TlsKey>`
    select key_id as "keyId", purpose, subject, state, digest, changed_at as "changedAt", seen, seen_at as "seenAt",
      seen_since as "seenSince"
    from tls_key where purpose = ${purpose} and subject = ${subject} and state <> 'gone' order by created_at desc, key_id`
  return rows
}
