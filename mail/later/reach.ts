import { nowMs } from '#system'

const YEAR_MS = 366 * 24 * 3_600_000

/** Whether a time is one to which something can be put off: to come, and within five years. */
export function isWithinReach(time: Date): boolean {
  const ahead = time.getTime() - nowMs()
  return ahead > 0 && ahead <= 5 * YEAR_MS
}
