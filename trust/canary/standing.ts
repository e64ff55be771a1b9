import type { PromisedCanary } from '#policy'
import type { CanaryFile } from './file.ts'
import { isSignedByEnough } from './signatures.ts'

/**
 * How the canary is at a time. `none`: no keyholders are named, so none is promised. `missing`: none was published yet, or the newest is
 * not signed by enough of those who are keyholders now, or is about another service: that is as bad as none.
 */
export type Standing =
  | { state: 'none' }
  | { state: 'missing'; why: 'never' | 'signatures' }
  | { state: 'fresh' | 'stale'; staleAt: Date }

const DAY_MS = 86_400_000

/** When a canary turns stale: when it says so itself, or sooner where fewer days are promised by now. */
export const staleAt = ({ statement }: CanaryFile, { days }: PromisedCanary): Date =>
  new Date(Math.min(Date.parse(statement.goodUntil), Date.parse(statement.date) + days * DAY_MS))

/** Decided whenever it is asked, from the clock: nobody has to do anything for a canary to turn stale. */
export function standingOf(
  newest: CanaryFile | undefined,
  promised: PromisedCanary,
  { host, at }: { host: string; at: Date },
): Standing {
  if (promised.keyholders.length === 0) return { state: 'none' }
  if (newest === undefined) return { state: 'missing', why: 'never' }
  if (newest.statement.host !== host || !isSignedByEnough(newest, promised))
    return { state: 'missing', why: 'signatures' }
  const until = staleAt(newest, promised)
  return { state: at < until ? 'fresh' : 'stale', staleAt: until }
}
