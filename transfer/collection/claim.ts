import type { OpenAccount, Sql, Transaction } from '#storage'
import { now, nowMs } from '#system'
import type { Origin, Protocol } from '../provider/origin.ts'
import type { ProviderPosition } from '../provider/read.ts'
import type { Damage } from '../source.ts'
import { LEASE_MS } from '../runners.ts'
import { openDetail, sealDetail, type Chosen } from './collections.ts'

const MINUTE_MS = 60_000

/** Minutes to wait after attempts in vain, one after the other; then three hours, and no less than its own interval. */
const WAITS = [1, 5, 15, 60]
const LONGEST_WAIT = 180

/** Refused so often, one after the other, nobody goes on trying: others would lock the account for it. */
const MOST_REFUSALS = 3

const leaseEnd = (): Date => new Date(nowMs() + LEASE_MS)

/** A collection that somebody runs. */
export interface Claimed {
  accountId: number
  id: number
  /** Whoever has another one has begun since, or its owner has changed something. */
  round: number
}

/** Takes a collection that is due; of an account one at a time, and of none that is closed. */
export async function claimCollection(sql: Sql): Promise<Claimed | undefined> {
  const { rows } = await sql<{ account_id: number; collection_id: number; round: number }>`
    update collection c set leased_until = ${leaseEnd()}, round = c.round + 1
    from (
      select account_id, collection_id from collection w
      where state = 'active' and due_at <= ${now()} and (leased_until is null or leased_until < ${now()})
        and exists (select from account a where a.account_id = w.account_id and a.state in ('open', 'suspended'))
        and not exists (select from collection r where r.account_id = w.account_id and r.collection_id <> w.collection_id
          and r.leased_until >= ${now()})
      order by due_at limit 1 for update skip locked
    ) as next
    where c.account_id = next.account_id and c.collection_id = next.collection_id
    returning c.account_id, c.collection_id, c.round`
  const [row] = rows
  return row && { accountId: row.account_id, id: row.collection_id, round: row.round }
}

/** That whoever runs it is still there. */
export async function renewLease(sql: Sql, { accountId, id, round }: Claimed): Promise<void> {
  await sql`
    update collection set leased_until = ${leaseEnd()}
    where account_id = ${accountId} and collection_id = ${id} and round = ${round} and leased_until is not null`
}

/** Gives it back for others to have their turn; it is still due. */
export async function releaseCollection(sql: Sql, { accountId, id, round }: Claimed): Promise<void> {
  await sql`
    update collection set leased_until = null, due_at = ${now()}
    where account_id = ${accountId} and collection_id = ${id} and round = ${round} and state = 'active'`
}

/** One round of a collection, and how far it has come. */
export interface Round {
  claimed: Claimed
  protocol: Protocol
  origin: Origin
  chosen: Chosen | undefined
  leavesThere: boolean
  /** There was none that was whole. */
  isFirst: boolean
  hasSignedIn: boolean
  everyMinutes: number
  attempts: number
  refusals: number
  position: ProviderPosition
  damages: Damage[]
  /** In all rounds. */
  added: number
  damaged: number
}

/** Its owner has paused, changed or ended it, or another one runs it: nothing more is written. */
export class RoundEnded extends Error {
  override name = 'RoundEnded'
}

/** What to go on with. @throws RoundEnded */
export async function loadRound(account: OpenAccount, claimed: Claimed): Promise<Round> {
  const { rows } = await account.sql<{
    protocol: Protocol
    every_minutes: number
    leaves_there: boolean
    collected_at: Date | null
    attempts: number
    refusals: number
    added: number
    damaged: number
    sealed: Buffer
  }>`
    select protocol, every_minutes, leaves_there, collected_at, attempts, refusals, added, damaged, sealed from collection
    where account_id = ${account.id} and collection_id = ${claimed.id} and round = ${claimed.round}`
  const [row] = rows
  if (row === undefined) throw new RoundEnded()
  const { origin, chosen, position, damages, hasSignedIn = false } = openDetail(account, claimed.id, row.sealed)
  const { protocol, attempts, refusals, added, damaged } = row
  return {
    claimed,
    protocol,
    origin,
    chosen,
    leavesThere: row.leaves_there,
    isFirst: row.collected_at === null,
    hasSignedIn,
    everyMinutes: row.every_minutes,
    attempts,
    refusals,
    position,
    damages,
    added,
    damaged,
  }
}

function sealRound(account: OpenAccount, round: Round, reason?: string): Buffer {
  const { claimed, origin, chosen, position, damages, hasSignedIn } = round
  return sealDetail(account, claimed.id, { origin, chosen, position, damages, hasSignedIn, reason })
}

/** Writes down how far it has come, with what came. @throws RoundEnded */
export async function saveRound({ sql, account }: Transaction, round: Round): Promise<void> {
  const { claimed, added, damaged } = round
  const { rowCount } = await sql`
    update collection set added = ${added}, damaged = ${damaged}, leased_until = ${leaseEnd()}, attempts = 0, refusals = 0,
      sealed = ${sealRound(account, round)}
    where account_id = ${account.id} and collection_id = ${claimed.id} and round = ${claimed.round}`
  if (rowCount === 0) throw new RoundEnded()
}

/** Writes down that it was whole. The next is due after its interval. */
export async function endRound(account: OpenAccount, round: Round): Promise<void> {
  const { claimed } = round
  await account.sql`
    update collection set collected_at = ${now()}, due_at = ${now()}::timestamptz + make_interval(mins => every_minutes), leased_until = null,
      attempts = 0, refusals = 0, sealed = ${sealRound(account, round)}
    where account_id = ${account.id} and collection_id = ${claimed.id} and round = ${claimed.round}`
}

/**
 * Writes down that it was in vain, and when it is tried again. One that is refused to sign in is paused, the first time at once, later after
 * the third time.
 */
export async function endInVain(account: OpenAccount, round: Round, reason: string): Promise<void> {
  const { claimed, hasSignedIn, everyMinutes } = round
  const refusals = reason === 'signIn' ? round.refusals + 1 : 0
  const isPaused = reason === 'signIn' && (!hasSignedIn || refusals >= MOST_REFUSALS)
  const wait = reason === 'signIn' ? everyMinutes : (WAITS[round.attempts] ?? Math.max(LONGEST_WAIT, everyMinutes))
  await account.sql`
    update collection set state = ${isPaused ? 'paused' : 'active'}, leased_until = null, attempts = ${round.attempts + 1},
      refusals = ${refusals}, due_at = ${isPaused ? null : new Date(nowMs() + wait * MINUTE_MS)},
      sealed = ${sealRound(account, round, reason)}
    where account_id = ${account.id} and collection_id = ${claimed.id} and round = ${claimed.round}`
}
