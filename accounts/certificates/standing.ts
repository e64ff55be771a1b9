import type { Database } from '#storage'
import type { Trouble } from './trouble.ts'

/** How it stands with the certificate of the server's own names. */
export interface OwnCertificate {
  /** Null before the first was issued. */
  chain: string | null
  startsAt: Date | null
  endsAt: Date | null
  trouble: Trouble | null
  /** The names that the trouble is about. */
  names: string[]
}

export async function certificateOf({ sql }: Pick<Database, 'sql'>, hostname: string): Promise<OwnCertificate> {
  const { rows } = await sql<OwnCertificate>`
    select chain, not_before as "startsAt", not_after as "endsAt", trouble, trouble_names as names
    from certificate where purpose = 'server' and subject = ${hostname.toLowerCase()}`
  return rows[0] ?? { chain: null, startsAt: null, endsAt: null, trouble: null, names: [] }
}

/** Domains whose certificate for names below them could not be had, though these lead here. */
export async function domainsInTrouble({ sql }: Pick<Database, 'sql'>): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from certificate where purpose = 'domain' and trouble is not null`
  return rows[0]?.count ?? 0
}

/** Whether what mail servers compare (DANE) is in the DNS: of the key in use and of the next. Null where it was not asked yet. */
export async function tlsaStanding(
  { sql }: Pick<Database, 'sql'>,
  hostname: string,
): Promise<{ used: string | null; next: string | null }> {
  const { rows } = await sql<{ state: 'used' | 'next'; seen: string | null }>`
    select state, seen from tls_key where purpose = 'server' and subject = ${hostname.toLowerCase()} and state in ('used', 'next')`
  const of = (state: string): string | null => rows.find((row) => row.state === state)?.seen ?? null
  return { used: of('used'), next: of('next') }
}
