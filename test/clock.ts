import { shiftClock } from '#system'
import type { Undo } from './database.ts'

const DAY_SECONDS = 86_400

/**
 * Moves this process's clock to a coming noon, far from the end of the day, and back after the test.
 * @returns how to let seconds pass
 */
export function clockAtNoon(t: Undo): (seconds: number) => void {
  const secondOfDay = Math.floor(Date.now() / 1000) % DAY_SECONDS
  let offset = 1.5 * DAY_SECONDS - secondOfDay
  shiftClock(offset)
  t.after(async () => shiftClock(0))
  return (seconds) => shiftClock((offset += seconds))
}
