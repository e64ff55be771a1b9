import { now, type Config } from '#system'
import type { Sql, Storage } from '#storage'

export type IdleSettings = Config['idle']

/** What is to be done about an account that nobody uses. */
export interface IdleStep {
  accountId: number
  /** Notices it has had. */
  notices: number
  /** How many days before the closing this notice comes; 0 to close it. */
  days: number
}

/**
 * Accounts whose next notice, or whose closing, is due. Notices keep their distances from one another and from the closing:
 * however late the first one is, an account is closed no sooner than it says. Operators are never idle.
 */
export async function idleSteps(
  { database }: Storage,
  { months, noticeDays }: IdleSettings,
  most: number,
): Promise<IdleStep[]> {
  if (months === 0) return []
  const days = noticeDays.toSorted((a, b) => b - a)
  const { rows } = await database.sql<IdleStep>`
    select account_id as "accountId", notices, days from (
      select account_id, idle_notices as notices, idle_noticed_at as noticed_at,
        last_used_on + make_interval(months => ${months}) as end_at,
        coalesce((${days}::int[])[idle_notices + 1], 0) as days,
        coalesce((${days}::int[])[idle_notices], 0) as days_before
      from account where state = 'open' and kind = 'person' and not is_operator) idle
    where end_at - make_interval(days => days) <= ${now()}
      and (noticed_at is null or noticed_at + make_interval(days => days_before - days) <= ${now()})
    order by end_at, account_id limit ${most}`
  return rows
}

/**
 * Writes down that an account had its next notice, in the transaction that puts it into the queue.
 * @returns false when it had that already, or was used meanwhile
 */
export async function noteIdleNotice(sql: Sql, { accountId, notices }: IdleStep): Promise<boolean> {
  const { rowCount } = await sql`
    update account set idle_notices = idle_notices + 1, idle_noticed_at = ${now()}
    where account_id = ${accountId} and idle_notices = ${notices} and state = 'open'`
  return rowCount > 0
}

/** Whether an account still has had all these notices and no use, in the transaction that closes it. */
export async function isStillIdle(sql: Sql, { accountId, notices }: IdleStep): Promise<boolean> {
  const { rowCount } = await sql`select from account where account_id = ${accountId} and idle_notices = ${notices}`
  return rowCount > 0
}
