import type { Storage } from '#storage'
import type { DkimKey } from './key.ts'

/** The keys of domains that are not gone, the newest pair of each first. */
export async function listKeys({ database }: Storage, domains: readonly string[]): Promise<DkimKey[]> {
  const { rows } = await database.sql<DkimKey>`
    select domain, selector, algorithm, state, public_key as "publicKey", changed_at as "changedAt",
      seen, seen_at as "seenAt", astray_since as "astraySince"
    from dkim_key where domain = any(${[...domains]}::text[]) and state <> 'gone'
    order by domain, created_at desc, algorithm desc`
  return rows
}
