import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import type { SigningKey } from '#accounts'
import { nowMs, Refusal, type Log } from '#system'
import type { Seal } from './arc.ts'
import type { Answer, Piece } from './thread.ts'

export interface Signing {
  /**
   * Signs a letter with each of the keys, and seals it where it is passed on. Memory holds a piece.
   * @param pieces  its bytes as they leave
   * @returns the fields to put on top of it, with line ends; '' for a letter that cannot be signed (`letter.ts`)
   * @throws Refusal 'unavailable' when it could not be done now, and whatever reading the letter throws
   */
  sign(pieces: AsyncIterable<Uint8Array>, keys: readonly SigningKey[], seal?: Seal): Promise<string>
  close(): Promise<void>
}

/** Threads; each takes up to 1,000 letters a second, and some 20 MB. */
const MOST_THREADS = Math.max(1, Math.min(4, availableParallelism() - 1))

/** A thread that has not taken a piece by then is stuck, and is ended. */
const MOST_MS = 20_000

/** One that has had nothing to do for this long ends. */
const IDLE_MS = 60_000

const MOST_MEGABYTES = 256

interface Thread {
  worker: Worker
  /** Who waits for an answer; undefined in one: the thread is gone. */
  waiting: Map<number, (answer: Answer | undefined) => void>
  /** Letters that are being signed in it. */
  letters: number
  idle: NodeJS.Timeout | undefined
}

/** The threads start with the letters that need them. */
export function openSigning(log: Log): Signing {
  const threads = new Set<Thread>()
  let isClosed = false
  let last = 0

  const end = async (thread: Thread): Promise<void> => {
    threads.delete(thread)
    clearTimeout(thread.idle)
    for (const tell of thread.waiting.values()) tell(undefined)
    thread.waiting.clear()
    await thread.worker.terminate()
  }

  const start = (): Thread => {
    const worker = new Worker(new URL('thread.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: MOST_MEGABYTES },
    })
    const thread: Thread = { worker, waiting: new Map(), letters: 0, idle: undefined }
    worker.unref()
    worker.on('message', (answer: Answer) => thread.waiting.get(answer.number)?.(answer))
    worker.on('error', (error) => {
      log.error({ err: error }, 'a thread that signs letters failed')
      void end(thread)
    })
    worker.on('exit', () => void end(thread))
    threads.add(thread)
    return thread
  }

  /** The one with the least to do, or another while there may be more. */
  const choose = (): Thread => {
    const [least] = [...threads].toSorted((a, b) => a.letters - b.letters)
    if (least !== undefined && (least.letters === 0 || threads.size >= MOST_THREADS)) return least
    return start()
  }

  const ask = (thread: Thread, message: Piece): Promise<Answer> =>
    new Promise((resolve, reject) => {
      if (!threads.has(thread)) return reject(new Refusal('unavailable'))
      const { number, piece } = message
      const timer = setTimeout(() => {
        log.error({ letters: thread.letters }, 'a thread that signs letters did not answer')
        void end(thread)
      }, MOST_MS)
      thread.waiting.set(number, (answer) => {
        clearTimeout(timer)
        thread.waiting.delete(number)
        if (answer === undefined) reject(new Refusal('unavailable'))
        else resolve(answer)
      })
      thread.worker.postMessage(message, [piece.buffer as ArrayBuffer])
    })

  const signIn = async (
    thread: Thread,
    number: number,
    pieces: AsyncIterable<Uint8Array>,
    keys: readonly SigningKey[],
    seal: Seal | undefined,
  ): Promise<string> => {
    const send = async (piece: Uint8Array, isLast: boolean): Promise<string | undefined> => {
      const wanted = isLast ? { keys, seal, time: Math.floor(nowMs() / 1000) } : undefined
      // A copy of its own, which is handed over: a piece may share its memory with others.
      const answer = await ask(thread, { number, piece: new Uint8Array(piece), last: wanted })
      if ('error' in answer) {
        log.error({ err: answer.error }, 'a letter could not be signed')
        throw new Refusal('unavailable')
      }
      return 'fields' in answer ? answer.fields : undefined
    }
    let held: Uint8Array | undefined
    for await (const piece of pieces) {
      if (held !== undefined) await send(held, false)
      held = piece
    }
    return (await send(held ?? new Uint8Array(0), true)) ?? ''
  }

  return {
    async sign(pieces, keys, seal) {
      if (keys.length === 0 && seal === undefined) return ''
      if (isClosed) throw new Refusal('unavailable')
      const number = ++last
      const thread = choose()
      clearTimeout(thread.idle)
      thread.letters++
      try {
        return await signIn(thread, number, pieces, keys, seal)
      } catch (error) {
        if (threads.has(thread)) thread.worker.postMessage({ dropped: number }, [])
        throw error
      } finally {
        thread.letters--
        if (thread.letters === 0 && threads.has(thread))
          thread.idle = setTimeout(() => void end(thread), IDLE_MS).unref()
      }
    },
    async close() {
      isClosed = true
      await Promise.all([...threads].map(end))
    },
  }
}
