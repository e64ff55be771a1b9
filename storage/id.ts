import { randomInt } from 'node:crypto'

/**
 * Ids of folders, items and threads: whole numbers below 2^53 that grow with time (milliseconds since 2026 in the upper
 * bits, 12 random bits below), so that what arrives together lies together in every index, and a typed array can hold
 * them. Unique within an account: this process never gives one twice, and a clash between processes is refused by the
 * primary key and tried again (`account.write`).
 */
const EPOCH_MS = Date.UTC(2026, 0, 1)
let last = 0

export function newId(): number {
  // The real clock, not the shifted one of a test: an id must not be given twice.
  last = Math.max(last + 1, (Date.now() - EPOCH_MS) * 4096 + randomInt(4096))
  return last
}

/** Ids of accounts say nothing, not even when. */
export const newAccountId = (): number => randomInt(1, 2 ** 48 - 1)
