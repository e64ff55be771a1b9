import type { Storage } from '#storage'

const sleepers = new Set<() => void>()

/**
 * Tells the part that delivers of new work: at once when it runs in this process. In another it looks by itself every
 * second. Call after the commit.
 */
export function wakeQueue(_storage: Storage): void {
  for (const wake of sleepers) wake()
}

/** Calls back when there may be work. Returns how to stop. */
export function onWake(wake: () => void): () => void {
  sleepers.add(wake)
  return () => void sleepers.delete(wake)
}
