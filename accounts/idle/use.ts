import { today } from '#system'
import type { Storage } from '#storage'

/** Accounts remembered by each view of the database. */
const REMEMBERED = 10_000

const noted = new WeakMap<Storage, Map<number, string>>()

/**
 * Notes the day on which somebody came in, once a day and no more exactly. An account that is used is not idle: notices that
 * it will be closed hold no more. What cannot be noted now is noted with the next use.
 */
export async function noteUsed(storage: Storage, accountId: number): Promise<void> {
  let days = noted.get(storage)
  if (days === undefined) noted.set(storage, (days = new Map()))
  const day = today()
  if (days.get(accountId) === day) return
  days.delete(accountId)
  days.set(accountId, day)
  if (days.size > REMEMBERED) days.delete(days.keys().next().value as number)
  await storage.database.sql`
    update account set last_used_on = ${day}, idle_notices = 0, idle_noticed_at = null
    where account_id = ${accountId} and last_used_on < ${day}`.catch(() => days.delete(accountId))
}
