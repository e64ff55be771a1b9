import { createHmac, randomBytes } from 'node:crypto'
import { nowMs } from '#system'
import { REPEAT_DELAYS } from './attempts.ts'

/** Whose password a pair was compared with, and which of its passwords; undefined for an address that nobody has. */
export interface Compared {
  accountId: number
  changedAt: Date
}

export type Outcome = 'right' | 'wrong' | { waitUntil: Date }

interface Memory {
  accountId: number | undefined
  changedAt: number | undefined
  isRight: boolean
  until: number
  /** How often a wrong pair has come, and when it may come again. */
  repeats: number
  waitUntil: number
}

/** A right pair is believed for five minutes. A wrong one stays wrong until the password changes. */
const KEEP_MS = { right: 5 * 60_000, wrong: 24 * 3_600_000 }

/** Pairs of each outcome; the least recently used goes first. Strangers who guess cannot push right pairs out. */
const REMEMBERED = 10_000

/** Of this process alone, and never written anywhere: what is remembered is lost with it. */
const processKey = randomBytes(32)
const right = new Map<string, Memory>()
const wrong = new Map<string, Memory>()

/** Names a pair, from one network: a right password tried elsewhere is an attempt like any other. */
export const pairKey = (address: string, network: string, password: string): string =>
  createHmac('sha256', processKey)
    .update(JSON.stringify([address, network, password]))
    .digest('base64')

/** Remembers how a comparison ended. */
export function remember(key: string, compared: Compared | undefined, isRight: boolean): void {
  const memories = isRight ? right : wrong
  const until = nowMs() + (isRight ? KEEP_MS.right : KEEP_MS.wrong)
  memories.delete(key)
  memories.set(key, { ...basis(compared), isRight, until, repeats: 1, waitUntil: 0 })
  if (memories.size > REMEMBERED) memories.delete(memories.keys().next().value as string)
}

/**
 * How a pair ended before, if the password it was compared with is still the account's. A wrong pair that keeps coming
 * is a device with an old password: it waits longer and longer by itself, without a hash, and without locking out the
 * person beside it who knows the new one.
 */
export function recall(key: string, current: Compared | undefined): Outcome | undefined {
  const memories = right.has(key) ? right : wrong
  const memory = memories.get(key)
  if (memory === undefined) return undefined
  memories.delete(key)
  const now = basis(current)
  if (memory.until <= nowMs() || memory.accountId !== now.accountId || memory.changedAt !== now.changedAt)
    return undefined
  memories.set(key, memory)
  return memory.isRight ? 'right' : repeated(memory)
}

function repeated(memory: Memory): Outcome {
  if (memory.waitUntil > nowMs()) return { waitUntil: new Date(memory.waitUntil) }
  memory.repeats = Math.min(memory.repeats + 1, REPEAT_DELAYS.length)
  memory.waitUntil = nowMs() + (REPEAT_DELAYS[memory.repeats - 1] as number) * 1000
  return 'wrong'
}

const basis = (compared: Compared | undefined): Pick<Memory, 'accountId' | 'changedAt'> => ({
  accountId: compared?.accountId,
  changedAt: compared?.changedAt.getTime(),
})
