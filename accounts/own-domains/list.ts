import type { Storage } from '#storage'
import type { ClaimSeen } from './prove.ts'
import { openClaim, openProof, proofRecord } from './token.ts'

/** How long a claim is looked at; then it is forgotten. */
export const CLAIM_DAYS = 7

/** A domain of somebody's, or one that they have asked for. */
export interface OwnDomain {
  domain: string
  state: 'waiting' | 'proven'
  createdAt: Date
  /** The record by which it is proven, and has to stay. */
  proof: { name: string; type: 'TXT'; value: string }
  /** Of one that waits. */
  seen: ClaimSeen | undefined
  nextLookAt: Date
  /** Since when nothing in the DNS has said that it is theirs. */
  lostSince: Date | null
  /** Whether mail for addresses of it that nobody has comes to its owner. */
  isCatchAll: boolean
}

/** An account's domains by name, and those that it has asked for. */
export async function listOwnDomains(storage: Storage, accountId: number): Promise<OwnDomain[]> {
  const { sql } = storage.database
  const directory = await storage.keys.serviceKey('directory')
  const { rows: claims } = await sql<{
    domain_key: Buffer
    sealed: Buffer
    created_at: Date
    next_look_at: Date
    seen: ClaimSeen
  }>`
    select domain_key, sealed, created_at, next_look_at, seen from domain_claim where account_id = ${accountId}`
  const { rows: proven } = await sql<{
    domain: string
    sealed: Buffer
    proven_at: Date
    next_look_at: Date
    lost_since: Date | null
    is_catch_all: boolean
  }>`
    select domain, sealed, proven_at, next_look_at, lost_since, catch_all_account_id is not null as is_catch_all
    from domain join domain_proof using (domain) where owner_account_id = ${accountId}`
  const all = [
    ...claims.map((row): OwnDomain => {
      const { domain, token } = openClaim(directory, accountId, row.domain_key, row.sealed)
      return {
        domain,
        state: 'waiting',
        createdAt: row.created_at,
        proof: proofRecord(domain, token),
        seen: row.seen,
        nextLookAt: row.next_look_at,
        lostSince: null,
        isCatchAll: false,
      }
    }),
    ...proven.map((row): OwnDomain => ({
      domain: row.domain,
      state: 'proven',
      createdAt: row.proven_at,
      proof: proofRecord(row.domain, openProof(directory, row.domain, row.sealed)),
      seen: undefined,
      nextLookAt: row.next_look_at,
      lostSince: row.lost_since,
      isCatchAll: row.is_catch_all,
    })),
  ]
  return all.toSorted((a, b) => (a.domain < b.domain ? -1 : 1))
}

/** Whether mail for addresses of a domain that nobody has comes to its owner. @returns whether it is theirs */
export async function setCatchAll(
  { database }: Storage,
  accountId: number,
  domain: string,
  isWanted: boolean,
): Promise<boolean> {
  const { rowCount } = await database.sql`
    update domain set catch_all_account_id = case when ${isWanted} then owner_account_id end
    where domain = ${domain} and owner_account_id = ${accountId}`
  return rowCount > 0
}
