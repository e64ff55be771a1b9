import type { KeyObject } from 'node:crypto'
import { nowMs, type Dns } from '#system'
import type { Storage } from '#storage'
import type { AcmeSettings } from './authority.ts'
import { keysOf, makeKey, openTlsKey, type TlsKey } from './key.ts'

const DAY_MS = 86_400_000

/** The keys of a subject, with what the DNS says of their records now. */
export async function lookAtTlsKeys(
  storage: Storage,
  _dns: Dns,
  one: Pick<TlsKey, 'purpose' | 'subject'>,
): Promise<TlsKey[]> {
  return keysOf(storage.database.sql, one)
}

/** The key a certificate is ordered for: the one in use, or when that has been used for long enough, the next. */
export async function keyForOrder(
  storage: Storage,
  one: Pick<TlsKey, 'purpose' | 'subject'>,
  keys: readonly TlsKey[],
  { keyDays }: Pick<AcmeSettings, 'keyDays'>,
): Promise<{ keyId: string; key: KeyObject }> {
  const service = await storage.keys.serviceKey('certificates')
  const used = keys.find(({ state }) => state === 'used')
  const isOld = used !== undefined && nowMs() - used.changedAt.getTime() > keyDays * DAY_MS
  if (isOld) await makeKey(storage.database.sql, service, one, 'next')
  const { rows } = await storage.database.sql<{ key_id: string; private_key: Buffer }>`
    select key_id, private_key from tls_key
    where purpose = ${one.purpose} and subject = ${one.subject} and state = ${isOld ? 'next' : 'used'}`
  const [row] = rows as [(typeof rows)[number]]
  return { keyId: row.key_id, key: openTlsKey(service, row.key_id, row.private_key) }
}
