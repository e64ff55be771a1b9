import { nowMs } from '#system'
import type { Storage } from '#storage'

const DAY_MS = 86_400_000

/** The UTC day of a time, such as `2026-11-29`. */
export const dayOf = (time: Date): string => time.toISOString().slice(0, 10)

/** Days that have a partition before anybody writes on them. */
const AHEAD = 2

/** Makes the partition of a day where it is missing; of several processes that do so at once, one does. */
export async function makeDay({ database }: Pick<Storage, 'database'>, day: string): Promise<void> {
  await database.sql`select make_journal_day(${day}::date)`
}

/** Makes today's partition and those of the next days, so that nobody who writes at midnight waits for one. */
export async function prepareDays(storage: Pick<Storage, 'database'>): Promise<void> {
  for (let ahead = 0; ahead <= AHEAD; ahead++) await makeDay(storage, dayOf(new Date(nowMs() + ahead * DAY_MS)))
}

/** The days from one time to another, both with it; no more than 366. */
export function daysBetween(from: Date, to: Date): string[] {
  const days: string[] = []
  const last = dayOf(to)
  for (let at = from.getTime(); days.length < 366; at += DAY_MS) {
    const day = dayOf(new Date(at))
    if (day > last) break
    days.push(day)
  }
  return days
}
