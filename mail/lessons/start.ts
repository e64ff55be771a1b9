import { setTimeout as sleep } from 'node:timers/promises'
import type { Storage } from '#storage'
import type { Log } from '#system'
import { accountsToLookAt, learnNext } from './learn.ts'

export interface LearningContext {
  storage: Storage
  log: Log
}

/** How often all accounts are asked whether something waits: for what was not heard. */
const LOOK_MS = 60_000

/** What happens together is looked at together: most changes are arrivals, and teach nothing. */
const GATHER_MS = 1000

/** A failure is followed by a rest. */
const REST_MS = 5000

/** Learns what owners teach, in whichever process they do, shortly afterwards, until stopped. Killed in between, it goes on at the next start. */
export function startLearning({ storage, log }: LearningContext): { stop(): Promise<void> } {
  const stopped = new AbortController()
  const { signal } = stopped
  let waiting = new Set<number>()
  let wake = (): void => undefined

  const stopListening = storage.changes.listenToAll((accountId) => {
    waiting.add(accountId)
    wake()
  })
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => undefined)

  let hasComplained = false
  const workOff = async (): Promise<void> => {
    // What is heard meanwhile is gathered for the next round.
    const round = waiting
    waiting = new Set()
    for (const accountId of round) {
      if (signal.aborted) return
      try {
        const { isDone } = await learnNext(storage, accountId)
        if (!isDone) waiting.add(accountId)
        hasComplained = false
      } catch (error) {
        waiting.add(accountId)
        // Said once: while the database is away, all of them fail.
        if (!hasComplained) log.error({ account: accountId, err: error }, 'learning failed, it is tried again')
        hasComplained = true
        await pause(REST_MS)
      }
    }
  }

  const run = async (): Promise<void> => {
    let lookedAt = -Infinity
    while (!signal.aborted) {
      if (performance.now() - lookedAt >= LOOK_MS) {
        lookedAt = performance.now()
        // What the database cannot tell now, it tells the next time.
        for (const id of await accountsToLookAt(storage).catch(() => [])) waiting.add(id)
      }
      await workOff()
      if (signal.aborted || waiting.size > 0) continue
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, LOOK_MS).unref()
        wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      await pause(GATHER_MS)
    }
  }

  const running = run()
  return {
    async stop() {
      stopListening()
      stopped.abort()
      wake()
      await running
    },
  }
}
