import { nowMs, Refusal, today } from '#system'
import type { Storage } from '#storage'

const DAY_MS = 86_400_000

/**
 * Counts one more of something for today. Under the day's key: tomorrow nobody can tell whom a row was about.
 * @param what  such as `code to an address`
 * @param whom  an address or a network; only its hash is kept
 * @throws Refusal 'tooManyAttempts' with the seconds to midnight, UTC, when there were `most` already
 */
export async function countToday(storage: Storage, what: string, whom: string, most: number): Promise<void> {
  const key = (await storage.keys.dayKey()).hash(`daily\0${what}\0${whom}`)
  const { rowCount } = await storage.database.sql`
    insert into daily_count as known (count_key, used, day) values (${key}, 1, ${today()})
    on conflict (count_key) do update set used = known.used + 1 where known.used < ${most}`
  if (rowCount > 0) return
  throw new Refusal('tooManyAttempts', { retryAfterSeconds: Math.ceil((DAY_MS - (nowMs() % DAY_MS)) / 1000) })
}
