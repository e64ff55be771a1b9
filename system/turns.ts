import { Refusal } from './refusal.ts'

/** Runs `work` when its turn comes. @throws Refusal 'overload' when too many wait */
export type Turns = <T>(work: () => Promise<T>) => Promise<T>

/**
 * Lets a few works run at a time, in the order in which they came.
 * @param most  works that may wait; who comes then is sent away
 */
export function openTurns(atOnce: number, most = Infinity, retryAfterSeconds = 5): Turns {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running < atOnce) running++
    else if (waiting.length < most) await new Promise<void>((resolve) => waiting.push(resolve))
    else throw new Refusal('overload', { retryAfterSeconds })
    try {
      return await work()
    } finally {
      // Whoever waits takes over the place, so that nobody slips in between.
      const next = waiting.shift()
      if (next === undefined) running--
      else next()
    }
  }
}
