import { Worker } from 'node:worker_threads'
import type { Config, Log } from '#system'
import type { Asked, Authenticated } from './authenticate.ts'
import type { Answer, Question, ThreadData } from './thread.ts'

export interface Authentication {
  /** Verifies a letter; undefined when that could not be done in time. Never rejects. */
  check(content: Buffer, asked: Asked): Promise<Authenticated | undefined>
  close(): Promise<void>
}

/** Longer than the name servers are given (look-up.ts): a thread that has not answered then is stuck, and is ended. */
const MOST_MS = 15_000

/** Letters that are looked at at a time. Those that come meanwhile wait, within their time. */
const AT_ONCE = 256

const MOST_MEGABYTES = 512

interface Waiting {
  question: Question
  answer(authenticated: Authenticated | undefined): void
}

/** The thread starts with the first letter. */
export function openAuthentication({ dns, hostname }: Pick<Config, 'dns' | 'hostname'>, log: Log): Authentication {
  let worker: Worker | undefined
  let isClosed = false
  let last = 0
  const asked = new Map<number, Waiting>()
  const waiting: Waiting[] = []

  const end = (thread: Worker): void => {
    if (worker !== thread) return
    worker = undefined
    // Those that come in their place are for the next thread.
    const lost = [...asked.values()]
    for (const { answer } of lost) answer(undefined)
    void thread.terminate()
  }
  const running = (): Worker => {
    if (worker !== undefined) return worker
    const data: ThreadData = { servers: dns.servers, hostname }
    const thread = new Worker(new URL('thread.ts', import.meta.url), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    })
    thread.unref()
    thread.on('message', (answer: Answer) => {
      if ('error' in answer) log.error({ err: answer.error }, 'a letter could not be authenticated')
      asked.get(answer.number)?.answer('error' in answer ? undefined : answer.authenticated)
    })
    thread.on('error', (error) => {
      log.error({ err: error }, 'the thread that authenticates failed')
      end(thread)
    })
    thread.on('exit', () => end(thread))
    return (worker = thread)
  }
  const pump = (): void => {
    while (asked.size < AT_ONCE) {
      const next = waiting.shift()
      if (next === undefined) return
      asked.set(next.question.number, next)
      running().postMessage(next.question, [])
    }
  }

  return {
    check(content, about) {
      if (isClosed) return Promise.resolve(undefined)
      const number = ++last
      return new Promise((resolve) => {
        const answer = (authenticated: Authenticated | undefined): void => {
          clearTimeout(timer)
          asked.delete(number)
          resolve(authenticated)
          pump()
        }
        const one = { question: { number, content, asked: about }, answer }
        const timer = setTimeout(() => {
          const at = waiting.indexOf(one)
          if (at !== -1) waiting.splice(at, 1)
          else if (worker !== undefined) {
            log.error({ letters: asked.size }, 'the thread that authenticates did not answer')
            end(worker)
          }
          answer(undefined)
        }, MOST_MS)
        waiting.push(one)
        pump()
      })
    },
    async close() {
      isClosed = true
      for (const { answer } of waiting.splice(0)) answer(undefined)
      const ending = worker
      if (ending === undefined) return
      worker = undefined
      for (const { answer } of asked.values()) answer(undefined)
      await ending.terminate()
    },
  }
}
