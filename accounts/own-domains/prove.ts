import { DnsError, now, nowMs, type Dns } from '#system'
import type { Sql, Storage } from '#storage'
import { forgetDomain } from '../directory/domains.ts'
import { claimKey, isProven, openClaim, sealProof, type Claimed } from './token.ts'

const MINUTE_MS = 60_000

/** After each look in vain twice as long is waited, up to this. */
const LONGEST_WAIT_MS = 4 * 60 * MINUTE_MS
const MOST_DOUBLED = 8

/** How often a proof is looked at again once it was good. */
export const PROOF_MS = 24 * 60 * MINUTE_MS

/** Claims in one round. */
const BATCH = 200

/** When so many questions had no answer, and none had one, the name servers are away. */
const AWAY = 4

interface ClaimRow {
  account_id: number
  domain_key: Buffer
  sealed: Buffer
  looks: number
}

/** Somebody to whom something has happened with a domain of theirs. */
export interface DomainOf {
  accountId: number
  domain: string
}

/** Writes what tells a person of it, in the transaction in which it happens. */
export type TellOwner = (whose: DomainOf) => Promise<(sql: Sql) => Promise<void>>

/** Looks at the claims whose turn it is. What is proven is its owner's from then on. */
export async function lookAtClaims(
  storage: Storage,
  dns: Dns,
  tell: TellOwner,
): Promise<{ asked: number; proven: number }> {
  const { rows } = await storage.database.sql<ClaimRow>`
    select account_id, domain_key, sealed, looks from domain_claim join account using (account_id)
    where next_look_at <= ${now()} and state = 'open' order by next_look_at limit ${BATCH}`
  const done = { asked: 0, proven: 0 }
  let silent = 0
  for (const row of rows) {
    if (silent === done.asked && silent >= AWAY) break
    const seen = await lookAtClaim(storage, dns, row, tell)
    done.asked++
    if (seen === 'silent') silent++
    if (seen === 'proven') done.proven++
  }
  return done
}

/** Looks at one claim now. @returns undefined when the account has none such */
export async function lookAtOwnClaim(
  storage: Storage,
  dns: Dns,
  { accountId, domain }: DomainOf,
  tell: TellOwner,
): Promise<ClaimSeen | 'proven' | undefined> {
  const domainKey = claimKey(await storage.keys.serviceKey('directory'), domain)
  const { rows } = await storage.database.sql<ClaimRow>`
    select account_id, domain_key, sealed, looks from domain_claim
    where account_id = ${accountId} and domain_key = ${domainKey}`
  return rows[0] === undefined ? undefined : lookAtClaim(storage, dns, rows[0], tell)
}

/** What was seen of a claim last: `taken` when the record is there, and the domain is served for somebody else by now. */
export type ClaimSeen = 'missing' | 'silent' | 'taken'

async function lookAtClaim(
  storage: Storage,
  dns: Dns,
  { account_id: accountId, domain_key: key, sealed, looks }: ClaimRow,
  tell: TellOwner,
): Promise<ClaimSeen | 'proven'> {
  const directory = await storage.keys.serviceKey('directory')
  const claimed = openClaim(directory, accountId, key, sealed)
  const seen = await look(dns, claimed)
  if (seen === 'there') {
    const told = await tell({ accountId, domain: claimed.domain })
    const proof = sealProof(directory, claimed)
    const isTheirs = await storage.database.transaction(async (sql) => {
      // Two who prove it at once: the first has it. One who has withdrawn meanwhile has nothing.
      const { rowCount: claims } = await sql`
        delete from domain_claim where account_id = ${accountId} and domain_key = ${key}`
      if (claims === 0) return false
      const { rowCount } = await sql`
        insert into domain (domain, created_at, owner_account_id, proven_at)
        select ${claimed.domain}, ${now()}, account_id, ${now()} from account
        where account_id = ${accountId} and state = 'open'
        on conflict do nothing`
      if (rowCount === 0) {
        await sql`
          insert into domain_claim (account_id, domain_key, sealed, created_at, looks, next_look_at, seen)
          values (${accountId}, ${key}, ${sealed}, ${now()}, ${looks + 1}, ${waitFrom(looks)}, 'taken')`
        return false
      }
      await sql`
        insert into domain_proof (domain, sealed, next_look_at)
        values (${claimed.domain}, ${proof}, ${new Date(nowMs() + PROOF_MS)})`
      await told(sql)
      return true
    })
    forgetDomain(storage, claimed.domain)
    return isTheirs ? 'proven' : 'taken'
  }
  await storage.database.sql`
    update domain_claim set seen = ${seen}, looks = looks + 1, next_look_at = ${waitFrom(looks)}
    where account_id = ${accountId} and domain_key = ${key}`
  return seen
}

const waitFrom = (looks: number): Date =>
  new Date(nowMs() + Math.min(LONGEST_WAIT_MS, 2 ** Math.min(looks, MOST_DOUBLED) * MINUTE_MS))

async function look(dns: Dns, { domain, token }: Claimed): Promise<'there' | 'missing' | 'silent'> {
  try {
    return (await isProven(dns, domain, token)) ? 'there' : 'missing'
  } catch (error) {
    if (error instanceof DnsError) return 'silent'
    throw error
  }
}
