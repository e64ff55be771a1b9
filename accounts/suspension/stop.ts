import { now } from '#system'
import type { Sql, Storage } from '#storage'
import { tellEveryClosed } from '../doors/closed.ts'
import { endEverySignIn } from '../sessions/end-every.ts'

/**
 * Stops the sending of an account that somebody else seems to use. Sessions, tokens and app passwords end, connections too;
 * whoever signs in anew with the password may read and export.
 * @param signals  their names, for its owner and the operator to see
 * @param tell  what tells of it, written in the same transaction
 * @returns false when it was not open, so that it is told once
 */
export async function stopAccount(
  storage: Storage,
  accountId: number,
  signals: readonly string[],
  tell: (sql: Sql) => Promise<unknown>,
): Promise<boolean> {
  const isStopped = await storage.database.transaction(async (sql) => {
    const { rowCount } = await sql`
      update account set state = 'suspended', stopped_at = ${now()}, stopped_for = ${[...signals]}::text[]
      where account_id = ${accountId} and state = 'open'`
    if (rowCount === 0) return false
    await endEverySignIn(sql, accountId)
    await tell(sql)
    return true
  })
  // Programs that came in by the main password too: it stays good, their connections end.
  if (isStopped) tellEveryClosed(storage, accountId)
  return isStopped
}

/** Whether the service itself has stopped an account's sending. */
export async function isStopped(sql: Sql, accountId: number): Promise<boolean> {
  const { rowCount } = await sql`
    select from account where account_id = ${accountId} and state = 'suspended' and stopped_at is not null`
  return rowCount > 0
}

/** So long before the stop, in days, a thief may have moved the way back in. */
const MOVED_DAYS = 7

/**
 * Lets an account send again that the service itself has stopped, for whoever has the address outside: unless that was
 * changed so shortly before that it may be the thief's. An account that is younger has no other.
 * @returns whether it was
 */
export async function resumeStopped(sql: Sql, accountId: number): Promise<boolean> {
  const { rowCount } = await sql`
    update account set state = 'open', stopped_at = null, stopped_for = null, resumed_at = ${now()}
    where account_id = ${accountId} and state = 'suspended' and stopped_at is not null and not exists (
      select from recovery where recovery.account_id = ${accountId} and proven_at > created_at + interval '1 day'
        and proven_at > stopped_at - make_interval(days => ${MOVED_DAYS}))`
  return rowCount > 0
}

/** The same at the operator's word, whatever it was suspended for. */
export async function resumeAccount(sql: Sql, accountId: number): Promise<boolean> {
  await sql`delete from suspension where account_id = ${accountId}`
  const { rowCount } = await sql`
    update account set state = 'open', stopped_at = null, stopped_for = null, resumed_at = ${now()}
    where account_id = ${accountId} and state = 'suspended'`
  return rowCount > 0
}

/** The operator vouches for an account that a stranger has opened: it has whole limits. */
export async function trustAccount(sql: Sql, accountId: number): Promise<void> {
  await sql`update account set begins_small = false where account_id = ${accountId}`
}
