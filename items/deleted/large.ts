import { nowMs } from '#system'
import type { OpenAccount, Sql, Storage } from '#storage'
import { readDeletions, type PastDeletion } from './deletions.ts'

/** What one device deletes within an hour is looked at together. */
const TOGETHER_MS = 3_600_000

/** A deletion is told of when nothing more has gone for this long; one that goes on, when it has gone on for that long. */
const QUIET_MS = 2 * 60_000
const GOES_ON_MS = 10 * 60_000

/** What is large: more things than this, and more than this part of all that the account had. */
const LEAST = 100
const SHARE = 0.2

/** Accounts looked at in one round, and deletions of one. */
const MOST_ACCOUNTS = 1000
const MOST_DELETIONS = 500

/** Accounts in which so much was deleted lately that it may be a large deletion. */
export async function accountsWithLarge({ database }: Pick<Storage, 'database'>): Promise<number[]> {
  const [hour, quiet, long] = [TOGETHER_MS, QUIET_MS, GOES_ON_MS].map((ms) => new Date(nowMs() - ms))
  const { rows } = await database.sql<{ account_id: number }>`
    select account_id from deletion join account using (account_id)
    where last_at >= ${hour} and told_at is null and not is_meant and state <> 'closed'
    group by account_id having sum(items) > ${LEAST} and (max(last_at) < ${quiet} or max(at) < ${long})
    limit ${MOST_ACCOUNTS}`
  return rows.map((row) => row.account_id)
}

/** What a device deleted within an hour that is large. */
export interface LargeDeletion {
  ids: number[]
  /** Things that can be brought back. */
  count: number
  at: Date
  device: object | undefined
}

/** The large deletions of an account that nobody has been told of. What is back already is none. */
export async function largeDeletions(account: OpenAccount): Promise<LargeDeletion[]> {
  const recent = await readDeletions(
    account,
    { offset: 0, limit: MOST_DELETIONS },
    new Date(nowMs() - TOGETHER_MS),
    'untold',
  )
  const byDevice = Map.groupBy(recent, ({ device }) => JSON.stringify(device ?? null))
  const { rows } = await account.sql<{ count: number }>`
    select count(*) as count from item where account_id = ${account.id} and deleted_at is null`
  const living = rows[0]?.count ?? 0
  return [...byDevice.values()].flatMap((deletions) => {
    const count = deletions.reduce((sum, { leftItems }) => sum + leftItems, 0)
    return count > Math.max(LEAST, SHARE * (living + count)) ? [together(deletions, count)] : []
  })
}

const together = (deletions: readonly PastDeletion[], count: number): LargeDeletion => ({
  ids: deletions.map(({ id }) => id),
  count,
  at: new Date(Math.min(...deletions.map(({ at }) => at.getTime()))),
  device: deletions[0]?.device,
})

/**
 * Notes that the owner is told of these.
 * @param since  who heard of another since then is not written to again
 * @returns 'told' the first time; 'noted' when they heard of another since; undefined when somebody else was first
 */
export async function noteTold(
  sql: Sql,
  accountId: number,
  ids: readonly number[],
  since: Date,
): Promise<'told' | 'noted' | undefined> {
  // Takes turns with whoever tells the same account.
  await sql`select from account where account_id = ${accountId} for update`
  const { rows: before } = await sql<{ told_at: Date }>`
    select told_at from deletion where account_id = ${accountId} and told_at > ${since} order by told_at desc limit 1`
  const at = before[0]?.told_at ?? new Date(nowMs())
  const { rowCount } = await sql`
    update deletion set told_at = ${at}
    where account_id = ${accountId} and deletion_id = any(${[...ids]}::bigint[]) and told_at is null`
  if (rowCount === 0) return undefined
  return before.length === 0 ? 'told' : 'noted'
}
