import type { KeyObject } from 'node:crypto'
import { now, nowMs, type Dns } from '#system'
import type { Storage } from '#storage'
import { lookAt } from '../records/record.ts'
import type { AcmeSettings } from './authority.ts'
import { keysOf, makeKey, openTlsKey, type TlsKey } from './key.ts'
import { tlsaRecordsOf } from './tlsa.ts'

const DAY_MS = 86_400_000

/**
 * How long the DNS has to say something before it counts as known everywhere: whoever asked before may remember the answer for its TTL
 * (RFC 7671 §8.1), which for records of mail is an hour to a day.
 */
export const TLSA_SETTLED_MS = 2 * DAY_MS

/** A key that is used, and of the server's own names the next, so that it can stand in the DNS in time. */
export async function haveTlsKeys(storage: Storage, one: Pick<TlsKey, 'purpose' | 'subject'>): Promise<void> {
  const states = new Set((await keysOf(storage.database.sql, one)).map(({ state }) => state))
  const service = await storage.keys.serviceKey('certificates')
  if (!states.has('used')) await makeKey(storage.database.sql, service, one, 'used')
  if (!states.has('next') && one.purpose === 'server') await makeKey(storage.database.sql, service, one, 'next')
}

/** The keys of a subject, after the DNS was asked about the records of the server's. One whose record has gone after its time is gone. */
export async function lookAtTlsKeys(
  storage: Storage,
  dns: Dns,
  one: Pick<TlsKey, 'purpose' | 'subject'>,
): Promise<TlsKey[]> {
  const { sql } = storage.database
  const keys = await keysOf(sql, one)
  if (one.purpose !== 'server') return keys
  const seen = (await lookAt(dns, tlsaRecordsOf(keys))).filter(({ standing }) => standing !== 'silent')
  if (seen.length === 0) return keys
  await sql`
    update tls_key k set seen = s.standing, seen_at = ${now()},
      seen_since = case when (k.seen = 'right') = (s.standing = 'right') then k.seen_since else ${now()} end,
      state = case when k.state = 'retired' and s.standing <> 'right' then 'gone' else k.state end,
      changed_at = case when k.state = 'retired' and s.standing <> 'right' then ${now()} else k.changed_at end
    from unnest(${seen.map(({ record }) => record.key.keyId)}::text[], ${seen.map(({ standing }) => standing)}::text[]) as s (key_id, standing)
    where k.key_id = s.key_id`
  return keysOf(sql, one)
}

/**
 * The key a certificate is ordered for: the one in use, or when that has been used for long enough, the next; of the server's own only
 * when nobody who compares with the DNS would be shown a key that they do not find there (RFC 7671 §8.1).
 */
export async function keyForOrder(
  storage: Storage,
  one: Pick<TlsKey, 'purpose' | 'subject'>,
  keys: readonly TlsKey[],
  { keyDays }: Pick<AcmeSettings, 'keyDays'>,
): Promise<{ keyId: string; key: KeyObject }> {
  const service = await storage.keys.serviceKey('certificates')
  const used = keys.find(({ state }) => state === 'used')
  const isOld = used !== undefined && nowMs() - used.changedAt.getTime() > keyDays * DAY_MS
  const changes = isOld && (one.purpose === 'domain' || mayChange(keys))
  if (changes) await makeKey(storage.database.sql, service, one, 'next')
  const { rows } = await storage.database.sql<{ key_id: string; private_key: Buffer }>`
    select key_id, private_key from tls_key
    where purpose = ${one.purpose} and subject = ${one.subject} and state = ${changes ? 'next' : 'used'}`
  const [row] = rows as [(typeof rows)[number]]
  return { keyId: row.key_id, key: openTlsKey(service, row.key_id, row.private_key) }
}

/** The record of the next is known everywhere; or none of ours is in the DNS, so that nobody compares. */
function mayChange(keys: readonly TlsKey[]): boolean {
  const [used, next] = ['used', 'next'].map((state) => keys.find((key) => key.state === state))
  if (used === undefined || next === undefined) return false
  const hasSettled = ({ seenSince }: TlsKey): boolean =>
    seenSince !== null && nowMs() - seenSince.getTime() > TLSA_SETTLED_MS
  const isKnown = ({ seenAt }: TlsKey): boolean => seenAt !== null && nowMs() - seenAt.getTime() < DAY_MS
  if (!isKnown(used) || !isKnown(next) || !hasSettled(next)) return false
  return next.seen === 'right' || (used.seen !== 'right' && hasSettled(used))
}
