import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '#system'

/** How often it is asked what waits. */
const LOOK_MS = 1000

/** That something failed is said so often. */
const SILENCE_MS = 60_000

/** A failure is followed by a rest. */
const REST_MS = 5000

/** How long whoever runs something may be silent before another one takes it over, in milliseconds. */
export const LEASE_MS = 20_000

/** This process ends, or others have their turn: what runs is given back after the group that is being written. */
export class Stopping extends Error {
  override name = 'Stopping'
}

/** Takes something that waits, and runs it. @returns false when nothing did */
export type TakeNext = (signal: AbortSignal) => Promise<boolean>

/**
 * Runs what waits, one after the other in each of the places.
 * @param complaint  said when something fails that goes on later
 */
export function startRunners(log: Log, complaint: string, places: readonly TakeNext[]): { stop(): Promise<void> } {
  const stopped = new AbortController()
  const { signal } = stopped

  // By one of them: while the database is away, all of them fail every time.
  let saidAt = -SILENCE_MS
  const run = async (takeNext: TakeNext): Promise<void> => {
    while (!signal.aborted) {
      try {
        if (!(await takeNext(signal))) await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
      } catch (error) {
        if (performance.now() - saidAt > SILENCE_MS) {
          saidAt = performance.now()
          log.error({ err: error }, complaint)
        }
        await sleep(REST_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }
  const running = places.map(run)
  return {
    async stop() {
      stopped.abort()
      await Promise.all(running)
    },
  }
}
