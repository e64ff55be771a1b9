import type { KeyObject } from 'node:crypto'
import { now, nowMs } from '#system'
import type { Storage } from '#storage'
import { openKey, type DkimAlgorithm } from './key.ts'

/** A key that signs now. */
export interface SigningKey {
  domain: string
  selector: string
  algorithm: DkimAlgorithm
  key: KeyObject
}

/** The keys by which letters of a domain are signed. */
export interface DkimKeys {
  /**
   * Those that sign for a domain: its own, or those of the nearest domain above it that is served here, which DMARC takes for the same
   * (RFC 9989 §4.10). None where no record was seen to be right.
   */
  of(domain: string): Promise<readonly SigningKey[]>
}

/** What another process has changed is heard of after this time: a key that has just retired still verifies. */
const BELIEVED_MS = 60_000
const REMEMBERED = 1000

/**
 * How long a key goes on signing while the DNS says something else than right: one bad answer must not have letters leave unsigned, and
 * a signature that nobody can verify says nothing (RFC 6376 §6.1).
 */
export const ASTRAY_MS = 3_600_000

/** Domains above one that are tried. */
const MOST_LABELS = 10

export function openDkimKeys(storage: Storage): DkimKeys {
  const known = new Map<string, { keys: Promise<readonly SigningKey[]>; until: number }>()
  return {
    of(domain) {
      const before = known.get(domain)
      if (before !== undefined && before.until > nowMs()) return before.keys
      const keys = load(storage, domain)
      known.delete(domain)
      known.set(domain, { keys, until: nowMs() + BELIEVED_MS })
      keys.catch(() => known.delete(domain))
      if (known.size > REMEMBERED) known.delete(known.keys().next().value as string)
      return keys
    },
  }
}

interface Row {
  domain: string
  selector: string
  algorithm: DkimAlgorithm
  private_key: Buffer
}

async function load({ database, keys }: Storage, domain: string): Promise<SigningKey[]> {
  const labels = domain.split('.').slice(-MOST_LABELS)
  const names = labels.slice(0, -1).map((_, i) => labels.slice(i).join('.'))
  // The one served here with the most labels signs, or nobody: a domain's owner has no word in those above it.
  const { rows } = await database.sql<Row>`
    select k.domain, k.selector, k.algorithm, k.private_key from dkim_key k
    where k.domain = (select domain from domain where domain = any(${names}) order by length(domain) desc limit 1)
      and k.state = 'signing' and (k.astray_since is null or k.astray_since > ${new Date(now().getTime() - ASTRAY_MS)})
    order by k.algorithm desc`
  if (rows.length === 0) return []
  const service = await keys.serviceKey('dkim')
  return rows.map((row) => ({
    domain: row.domain,
    selector: row.selector,
    algorithm: row.algorithm,
    key: openKey(service, row, row.private_key),
  }))
}
