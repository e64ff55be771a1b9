import { setTimeout as sleep } from 'node:timers/promises'
import type { Broken } from './origin.ts'

const RESTS = [500, 2000]

/** Letters given up one after the other, until it seems that it is not they. */
const MOST_LOST = 20

/** Lines that break while an account elsewhere is read, and letters at which they do. */
export interface Breaks {
  /** A letter came. */
  forget(): void
  /**
   * What to do after a break: take the line up again, pass the letter that was asked for, or give up for now.
   * @param isAlone  whether one letter was asked for by itself: it may be why
   */
  after(error: Broken, isAlone: boolean): 'again' | 'pass' | 'end'
  rest(): Promise<void>
}

/** @param rests  milliseconds of rest after the first break, the second, and so on; one more is the end */
export function countBreaks(rests: readonly number[] = RESTS): Breaks {
  let [breaks, lost] = [0, 0]
  return {
    forget: () => void ([breaks, lost] = [0, 0]),
    after(error, isAlone) {
      breaks++
      if (isAlone && (error.isFinal || breaks > rests.length) && ++lost < MOST_LOST) {
        breaks = 0
        return 'pass'
      }
      return breaks > rests.length ? 'end' : 'again'
    },
    rest: () => sleep(rests[Math.max(0, breaks - 1)]),
  }
}
