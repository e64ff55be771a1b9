import type { Storage } from '#storage'
import { openValue } from './values.ts'

/** A day is read in pieces of so many minutes, and so many entries of each at most. */
const STEP_MINUTES = 10
const MOST_IN_STEP = 100_000

/**
 * The IP addresses that stand in the journal of a day, each piece of the day without doubles; none where its key was destroyed. For
 * nothing but finding which of them a hash belongs to.
 * @param day  in UTC, such as `2026-11-29`
 */
export async function* addressesOn(
  { database, keys }: Pick<Storage, 'database' | 'keys'>,
  day: string,
): AsyncGenerator<ReadonlySet<string>> {
  const key = (await keys.journalKeys([day])).get(day)
  if (key === undefined) return
  const midnight = Date.parse(day)
  for (let minute = 0; minute < 1440; minute += STEP_MINUTES) {
    const [from, to] = [minute, minute + STEP_MINUTES].map((at) => new Date(midnight + at * 60_000))
    const { rows } = await database.sql<{ ip: Buffer }>`
      select ip from journal where time >= ${from} and time < ${to} and ip is not null limit ${MOST_IN_STEP}`
    if (rows.length > 0) yield new Set(rows.flatMap(({ ip }) => openValue(key, day, 'ip', ip) ?? []))
  }
}
