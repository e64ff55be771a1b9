import { Refusal } from '#system'

/**
 * Hashing a password fills 19 MiB and keeps a core busy for tens of milliseconds: two at once leave the rest of the
 * process its threads (libuv has four), and who comes when the queue is full is sent away rather than kept waiting.
 */
const AT_ONCE = 2
const QUEUE = 64

let running = 0
const waiting: (() => void)[] = []

/** Runs `work` when its turn comes. @throws Refusal 'overload' when too many wait */
export async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < AT_ONCE) running++
  else if (waiting.length < QUEUE) await new Promise<void>((resolve) => waiting.push(resolve))
  else throw new Refusal('overload', { retryAfterSeconds: 5 })
  try {
    return await work()
  } finally {
    // Whoever waits takes over the place, so that nobody slips in between.
    const next = waiting.shift()
    if (next === undefined) running--
    else next()
  }
}
