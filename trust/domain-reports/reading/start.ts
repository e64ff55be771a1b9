import { Worker } from 'node:worker_threads'
import type { Answer, Question } from './thread.ts'
import type { ReadFile } from './read.ts'

/** Reads what was attached to letters, one letter after another. */
export interface Reading {
  read(files: readonly Buffer[]): Promise<ReadFile[]>
  close(): Promise<void>
}

/** What takes longer, or more memory, is larger than any report. */
const MOST_MS = 30_000
const MOST_MEGABYTES = 768

/** The thread starts with the first letter. */
export function openReading(mostMs = MOST_MS): Reading {
  let worker: Worker | undefined

  const end = async (): Promise<void> => {
    const thread = worker
    worker = undefined
    await thread?.terminate()
  }
  const start = (): Worker => {
    const thread = new Worker(new URL('thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    })
    thread.unref()
    thread.on('error', () => undefined)
    thread.on('exit', () => {
      if (worker === thread) worker = undefined
    })
    return thread
  }

  return {
    async read(files) {
      const thread = (worker ??= start())
      const answer = await new Promise<Answer | undefined>((resolve) => {
        const timer = setTimeout(() => tell(undefined), mostMs)
        const tell = (told: Answer | undefined): void => {
          clearTimeout(timer)
          thread.off('message', tell)
          thread.off('error', fail)
          thread.off('exit', fail)
          resolve(told)
        }
        const fail = (): void => tell(undefined)
        thread.on('message', tell)
        thread.on('error', fail)
        thread.on('exit', fail)
        thread.postMessage({ files } satisfies Question, [])
      })
      if (answer !== undefined) return answer
      await end()
      return [{ fault: 'tooLarge' }]
    },
    close: end,
  }
}
