import { setTimeout as sleep } from 'node:timers/promises'
import { accountsToIndex } from '#items'
import { MAIL } from '#mail'
import type { Storage } from '#storage'
import type { Config, Log } from '#system'
import { indexBatch, type Batch } from './batch.ts'
import { openPace } from './pace.ts'
import { openThread } from './thread-handle.ts'

export interface IndexingContext {
  config: Config
  storage: Storage
  /** Of the database. */
  url: string
  log: Log
}

/** How often all accounts are asked whether something waits: for what was not heard. */
const LOOK_MS = 60_000

/** What arrives together is indexed together. */
const GATHER_MS = 150

/** A failure is followed by a rest. */
const REST_MS = 5000

/** Messages that are indexed between other work; what is more goes to a thread. And accounts that wait for that. */
const FEW = 4
const FEW_ACCOUNTS = 3

/** A run that indexed so many is worth a line in the log. */
const MANY = 500

/**
 * Indexes what arrives, in whichever process it does: shortly afterwards when it is little, and when much arrives at once
 * as soon as that leaves time. What is not indexed yet is found all the same (`waitingItems`).
 */
export function startIndexing({ config, storage, url, log }: IndexingContext): { stop(): Promise<void> } {
  const stopped = new AbortController()
  const { signal } = stopped
  const waiting = new Set<number>()
  const pace = openPace(signal)
  const thread = openThread({ config, url })
  let wake = (): void => undefined

  const stopListening = storage.changes.listenToAll((accountId) => {
    pace.heard()
    waiting.add(accountId)
    wake()
  })

  const work = async (accountId: number): Promise<Batch> => {
    if (waiting.size < FEW_ACCOUNTS) {
      const batch = await indexBatch(storage, accountId, FEW)
      if (batch.isDone) return batch
    }
    return thread.index(accountId)
  }

  let indexed = 0
  let hasComplained = false
  const workOff = async (): Promise<void> => {
    for (let [id] = waiting; id !== undefined && !signal.aborted; [id] = waiting) {
      const accountId = id
      await pace.turn(async () => {
        waiting.delete(accountId)
        try {
          const batch = await work(accountId)
          indexed += batch.indexed
          if (!batch.isDone) waiting.add(accountId)
          hasComplained = false
          return !batch.isDone
        } catch (error) {
          waiting.add(accountId)
          // Said once: while the database is away, all of them fail.
          if (!hasComplained) log.error({ account: accountId, err: error }, 'indexing failed, it is tried again')
          hasComplained = true
          await sleep(REST_MS, undefined, { signal }).catch(() => undefined)
          return false
        }
      })
    }
    if (indexed >= MANY) log.info({ messages: indexed }, 'indexed')
    if (waiting.size === 0) indexed = 0
  }

  const run = async (): Promise<void> => {
    let lookedAt = -Infinity
    while (!signal.aborted) {
      if (performance.now() - lookedAt >= LOOK_MS) {
        lookedAt = performance.now()
        // What the database cannot tell now, it tells the next time.
        for (const id of await accountsToIndex(storage, MAIL).catch(() => [])) waiting.add(id)
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
      await sleep(GATHER_MS, undefined, { signal }).catch(() => undefined)
    }
  }

  const running = run()
  return {
    async stop() {
      stopListening()
      stopped.abort()
      wake()
      await running
      await thread.stop()
    },
  }
}
