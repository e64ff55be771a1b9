import { DnsError, now, nowMs, type Dns } from '#system'
import type { Storage } from '#storage'
import { PROOF_MS, type DomainOf, type TellOwner } from './prove.ts'
import { releaseDomain } from './release.ts'
import { isProven, openProof } from './token.ts'

const DAY_MS = 86_400_000

/** How long a proof has to be gone before its owner is told: a zone is sometimes moved. */
const WARN_AFTER_MS = 3 * DAY_MS

/** While it is gone it is looked at more often. */
const LOST_MS = 6 * 60 * 60_000

/** Domains in one round. */
const BATCH = 200

/** When so many questions had no answer, and none had one, the name servers are away. */
const AWAY = 4

interface ProofRow {
  domain: string
  owner: number
  sealed: Buffer
  lostSince: Date | null
  warnedAt: Date | null
}

/** How much there was to do. */
export interface KeptProofs extends Record<string, number> {
  asked: number
  lost: number
  warned: number
  released: number
}

/**
 * Looks whether domains are still their owners': their record is there, or mail for them is brought here. One that is neither for `lostDays`
 * is served no longer; before that its owner is told.
 * @param host  the exchanger that says that mail is brought here
 */
export async function lookAtProofs(
  storage: Storage,
  dns: Dns,
  { host, lostDays }: { host: string; lostDays: number },
  tell: { lost: (whose: DomainOf, releasedOn: Date) => ReturnType<TellOwner>; released: TellOwner },
): Promise<KeptProofs> {
  const { rows } = await storage.database.sql<ProofRow>`
    select domain, owner_account_id as owner, sealed, lost_since as "lostSince", warned_at as "warnedAt"
    from domain_proof join domain using (domain)
    where next_look_at <= ${now()} order by next_look_at limit ${BATCH}`
  const directory = await storage.keys.serviceKey('directory')
  const done: KeptProofs = { asked: 0, lost: 0, warned: 0, released: 0 }
  let silent = 0
  for (const { domain, owner: accountId, sealed, lostSince, warnedAt } of rows) {
    if (silent === done.asked && silent >= AWAY) break
    done.asked++
    const isTheirs = await stands(dns, domain, openProof(directory, domain, sealed), host)
    if (isTheirs === undefined) silent++
    // What nobody could tell changes nothing, and is asked again soon.
    if (isTheirs !== false) {
      await storage.database.sql`
        update domain_proof set next_look_at = ${new Date(nowMs() + (isTheirs === true ? PROOF_MS : LOST_MS))},
          lost_since = case when ${isTheirs === true} then null else lost_since end,
          warned_at = case when ${isTheirs === true} then null else warned_at end
        where domain = ${domain}`
      continue
    }
    done.lost++
    const since = lostSince ?? now()
    const releasedOn = new Date(since.getTime() + lostDays * DAY_MS)
    if (releasedOn.getTime() <= nowMs() && warnedAt !== null) {
      const told = await tell.released({ accountId, domain })
      if (await releaseDomain(storage, accountId, domain, told)) done.released++
      continue
    }
    const warns = warnedAt === null && nowMs() - since.getTime() >= WARN_AFTER_MS
    const told = warns ? await tell.lost({ accountId, domain }, releasedOn) : undefined
    await storage.database.transaction(async (sql) => {
      const { rowCount } = await sql`
        update domain_proof set lost_since = ${since}, next_look_at = ${new Date(nowMs() + LOST_MS)},
          warned_at = case when ${warns} then ${now()}::timestamptz else warned_at end
        where domain = ${domain} and (not ${warns} or warned_at is null)`
      if (rowCount > 0) await told?.(sql)
    })
    if (warns) done.warned++
  }
  return done
}

/** @returns undefined when nobody could tell */
async function stands(dns: Dns, domain: string, token: string, host: string): Promise<boolean | undefined> {
  try {
    if (await isProven(dns, domain, token)) return true
    return (await dns.records(domain, 'MX')).some((text) => text.split(' ')[1] === host.toLowerCase())
  } catch (error) {
    if (error instanceof DnsError) return undefined
    throw error
  }
}
