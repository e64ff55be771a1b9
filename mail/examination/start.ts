import { Worker } from 'node:worker_threads'
import type { Asked, Authenticated } from '#mail/authentication'
import { Refusal, type Config, type Log } from '#system'
import type { Contents } from './contents.ts'
import type { Answer, Question, ThreadData } from './thread.ts'

/** What name servers say of who brings a letter. */
export interface Origin {
  authenticated: Authenticated
  /** Block lists that have the client's address. */
  listedBy: string[]
}

export interface Examined {
  contents: Contents
  /** Undefined when it was not asked for, or could not be told in time. */
  origin: Origin | undefined
}

export interface Examination {
  /**
   * Looks into a letter, and finds out whether it comes from where it says.
   * @param asked  undefined for a letter of our own people
   * @throws Refusal 'unavailable' when it could not be looked into: nothing goes through that was not
   */
  examine(content: Buffer, asked: Asked | undefined): Promise<Examined>
  close(): Promise<void>
}

/** Longer than the name servers are given (authentication/look-up.ts): a thread that has not looked into a letter then is stuck, and is ended. */
const MOST_MS = 15_000

const MOST_MEGABYTES = 512

/** A letter that is being examined: what is known of it, and how to tell. */
interface Asking {
  contents: Contents | undefined
  tell(origin: Origin | undefined): void
}

/** The thread starts with the first letter. */
export function openExamination(
  { dns, hostname, arrival }: Pick<Config, 'dns' | 'hostname' | 'arrival'>,
  log: Log,
): Examination {
  let worker: Worker | undefined
  let isClosed = false
  let last = 0
  const asking = new Map<number, Asking>()

  const end = async (thread: Worker): Promise<void> => {
    if (worker !== thread) return
    worker = undefined
    for (const { tell } of asking.values()) tell(undefined)
    await thread.terminate()
  }
  const hear = (answer: Answer): void => {
    const one = asking.get(answer.number)
    if (one === undefined) return
    if ('contents' in answer) return void (one.contents = answer.contents)
    if ('error' in answer) log.error({ err: answer.error }, 'a letter could not be examined')
    one.tell('origin' in answer ? answer.origin : undefined)
  }
  const running = (): Worker => {
    if (worker !== undefined) return worker
    const data: ThreadData = {
      servers: dns.servers,
      hostname,
      blockLists: arrival.blockLists,
      withIndicators: arrival.indicators,
    }
    const thread = new Worker(new URL('thread.ts', import.meta.url), {
      workerData: data,
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    })
    thread.unref()
    thread.on('message', hear)
    thread.on('error', (error) => {
      log.error({ err: error }, 'the thread that examines letters failed')
      void end(thread)
    })
    thread.on('exit', () => void end(thread))
    return (worker = thread)
  }

  return {
    examine(content, asked) {
      if (isClosed) return Promise.reject(new Refusal('unavailable'))
      const number = ++last
      return new Promise((resolve, reject) => {
        const one: Asking = {
          contents: undefined,
          tell(origin) {
            clearTimeout(timer)
            asking.delete(number)
            if (one.contents === undefined) reject(new Refusal('unavailable'))
            else resolve({ contents: one.contents, origin })
          },
        }
        const timer = setTimeout(() => {
          if (one.contents !== undefined) return one.tell(undefined)
          log.error({ letters: asking.size }, 'the thread that examines letters did not answer')
          if (worker !== undefined) void end(worker)
        }, MOST_MS)
        asking.set(number, one)
        running().postMessage({ number, content, asked } satisfies Question, [])
      })
    },
    async close() {
      isClosed = true
      if (worker !== undefined) await end(worker)
    },
  }
}
