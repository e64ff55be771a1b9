import { setTimeout as sleep } from 'node:timers/promises'

/** When to index, so that nobody who delivers or reads waits for it. */
export interface Pace {
  /** Something was written to an account. */
  heard(): void
  /** Runs work when there is time for it, and rests after it while there is little. `work` says whether it leaves more than it did. */
  turn(work: () => Promise<boolean>): Promise<void>
}

/** Changes in a second from which on arrival has the machine to itself. */
const BUSY = 20

/** The same while more waits than one turn indexes: an import brings a hundred letters with each change. */
const BUSY_BEHIND = 3
const SECOND_MS = 1000

/** How often it is asked again. */
const ASK_MS = 100

/** Under load indexing waits for a lull for this long, and then takes one part of so many of the time. */
const MOST_WAIT_MS = 10_000
const SHARE = 10

export function openPace(signal: AbortSignal): Pace {
  let second = 0
  let [heardBefore, heardNow] = [0, 0]
  let busySince: number | undefined
  let isBehind = false

  const tick = (): void => {
    const now = Math.floor(performance.now() / SECOND_MS)
    if (now === second) return
    heardBefore = now === second + 1 ? heardNow : 0
    heardNow = 0
    second = now
  }
  const isBusy = (): boolean => {
    tick()
    return Math.max(heardBefore, heardNow) >= (isBehind ? BUSY_BEHIND : BUSY)
  }
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined)

  return {
    heard() {
      tick()
      heardNow++
    },
    async turn(work) {
      busySince = isBusy() ? (busySince ?? performance.now()) : undefined
      while (busySince !== undefined && performance.now() - busySince < MOST_WAIT_MS && isBusy() && !signal.aborted)
        await pause(ASK_MS)
      if (signal.aborted) return
      const startedAt = performance.now()
      isBehind = await work()
      if (isBusy()) await pause((performance.now() - startedAt) * (SHARE - 1))
      else busySince = undefined
    },
  }
}
