import type { Statement } from './statement.ts'

/** A canary is signed and published within so many days: its public values are to be of the day that it speaks of. */
export const SIGNING_DAYS = 7

const DAY_MS = 86_400_000

/** Clocks of different machines are apart. */
const APART_MS = 10 * 60_000

/** Why a statement cannot be signed or published at a time; undefined when it can. */
export function whyUntimely({ date, goodUntil }: Statement, at: Date): string | undefined {
  const age = at.getTime() - Date.parse(date)
  if (age < -APART_MS) return `It is dated ${date}, which lies in the future. Is the clock of this machine right?`
  if (Date.parse(goodUntil) <= at.getTime()) return `It was good until ${goodUntil} only. Prepare a new one.`
  if (age > SIGNING_DAYS * DAY_MS)
    return `It is dated ${date}, more than ${SIGNING_DAYS} days ago. Prepare a new one, with values of this morning.`
  return undefined
}
