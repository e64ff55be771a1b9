import { Resolver } from 'node:dns/promises'

/** A question to the name servers as mailauth asks it. Rejects with Node's codes. */
export type LookUp = (name: string, type: string) => Promise<string[] | string[][]>

/** For each server and each try, in milliseconds. */
const TIMEOUT_MS = 3000

/** Questions about one letter, and how long all of them together may take: what comes later counts as not answered. */
const MOST_QUESTIONS = 100
const MOST_MS = 8000

/** Answers are kept for a short time, however long they are good for, so that many letters of one sender ask once. */
const KEPT_MS = 60_000
const MOST_KEPT = 5000

/** @param servers  those of the machine when none is named */
export function openLookUp(servers: readonly string[]): { forLetter(): LookUp } {
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 2 })
  if (servers.length > 0) resolver.setServers(servers)
  const kept = new Map<string, { answer: Promise<string[] | string[][]>; until: number }>()

  const ask: LookUp = (name, type) => {
    const key = `${type} ${name.toLowerCase()}`
    const known = kept.get(key)
    if (known !== undefined && known.until > performance.now()) return known.answer
    const answer = resolver.resolve(name, type) as Promise<string[] | string[][]>
    // What nobody could tell is asked again.
    answer.catch((error: unknown) => {
      if (!isAbsent(error)) kept.delete(key)
    })
    kept.delete(key)
    kept.set(key, { answer, until: performance.now() + KEPT_MS })
    if (kept.size > MOST_KEPT) kept.delete(kept.keys().next().value as string)
    return answer
  }

  return {
    forLetter() {
      let left = MOST_QUESTIONS
      const until = performance.now() + MOST_MS
      return async (name, type) => {
        const ms = until - performance.now()
        if (left-- <= 0 || ms <= 0) throw unanswered()
        let timer: NodeJS.Timeout | undefined
        const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(unanswered()), ms)))
        return Promise.race([ask(name, type), late]).finally(() => clearTimeout(timer))
      }
    },
  }
}

/** Whether a name server has said that there is nothing, rather than nothing. */
export const isAbsent = (error: unknown): boolean =>
  error instanceof Error && ['ENOTFOUND', 'ENODATA'].includes((error as NodeJS.ErrnoException).code ?? '')

const unanswered = (): Error => Object.assign(new Error('no answer in time'), { code: 'ETIMEOUT' })
