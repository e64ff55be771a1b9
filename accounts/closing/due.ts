import { now } from '#system'
import { fragment, type Fragment, type Sql, type Storage } from '#storage'
import type { ClosingTerms } from './terms.ts'

/** Which closed accounts are to be erased. Every look for them is by this condition alone, on `closure`. */
export const dueForErasing = (): Fragment => fragment`closure.erase_at <= ${now()}`

/** An account whose owner is to be reminded. */
export interface DueReminder extends ClosingTerms {
  accountId: number
  /** How many days before the end this reminder was due. */
  days: number
}

/** Closed accounts whose owners are to be reminded now; of several reminders that were missed, the last. */
export async function dueReminders(
  { database }: Storage,
  remindDays: readonly number[],
  most: number,
): Promise<DueReminder[]> {
  const { rows } = await database.sql<DueReminder>`
    select account_id as "accountId", days, closed_at as "closedAt", reopen_until as "reopenUntil", erase_at as "eraseAt",
      forward_until as "forwardUntil"
    from closure join account using (account_id) cross join lateral (
      select min(given.days) as days from unnest(${[...remindDays]}::int[]) as given (days)
      where reopen_until - make_interval(days => given.days) between closed_at and ${now()}) reached
    where state = 'closed' and reopen_until > ${now()} and days < coalesce(reminded_days, days + 1)
    order by reopen_until limit ${most}`
  return rows
}

/**
 * Writes down that a reminder is sent, in the transaction that puts it into the queue.
 * @returns false when that was done already, or is no longer to be
 */
export async function noteReminder(sql: Sql, { accountId, days }: DueReminder): Promise<boolean> {
  const { rowCount } = await sql`
    update closure set reminded_days = ${days} from account
    where closure.account_id = ${accountId} and account.account_id = ${accountId} and state = 'closed'
      and ${days} < coalesce(reminded_days, ${days} + 1)`
  return rowCount > 0
}
