import { Worker } from 'node:worker_threads'
import { ErrorElsewhere } from '#system'
import type { Batch } from './batch.ts'
import type { Answer, ThreadData } from './thread.ts'

/** The indexing thread, which is there while it has work and a little longer. */
export interface Thread {
  /** Indexes a batch of an account. One at a time. */
  index(accountId: number): Promise<Batch>
  stop(): Promise<void>
}

/** A thread costs some 40 MB; one that has had nothing to do for this long ends. */
const IDLE_MS = 20_000

/** Megabytes that a batch may need. */
const MOST_MEGABYTES = 1024

export function openThread(data: ThreadData): Thread {
  let worker: Worker | undefined
  let idle: NodeJS.Timeout | undefined

  const end = async (): Promise<void> => {
    clearTimeout(idle)
    const ending = worker
    worker = undefined
    if (ending === undefined) return
    const gone = new Promise((resolve) => ending.once('exit', resolve))
    ending.postMessage('end', [])
    await gone
  }

  const running = (): Worker =>
    (worker ??= new Worker(new URL('thread.ts', import.meta.url), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    }))

  return {
    index(accountId) {
      clearTimeout(idle)
      const thread = running()
      return new Promise<Batch>((resolve, reject) => {
        const settle = (done: () => void): void => {
          thread.off('message', answered).off('error', failed).off('exit', left)
          idle = setTimeout(() => void end(), IDLE_MS).unref()
          done()
        }
        const answered = (answer: Answer): void =>
          settle(() => {
            if (!('error' in answer)) return resolve(answer)
            // The next one begins with connections of its own.
            void end()
            reject(new ErrorElsewhere(answer.error))
          })
        const failed = (error: unknown): void => {
          worker = undefined
          settle(() => reject(error instanceof Error ? error : new Error('the indexing thread failed')))
        }
        const left = (): void => failed(new Error('the indexing thread ended'))
        thread.on('message', answered).on('error', failed).on('exit', left)
        thread.postMessage(accountId, [])
      })
    },
    stop: end,
  }
}
