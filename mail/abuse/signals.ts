import type { SentLately } from '#mail/limits'

/**
 * How much each signal speaks for an account being used by a stranger. From `STOP` on its sending is stopped; no two
 * reach that, for each of them happens to honest people: on a journey, with a first newsletter, in an advertisement.
 */
export const WEIGHTS = {
  /** Sends from a country from which nobody came in before. */
  newCountry: 2,
  /** Words that are surely those of junk, to somebody who knows nothing of the account. */
  junkWords: 2,
  /** Many more recipients within an hour than ever before. */
  burst: 1.5,
  /** Most of them people the account has never written to. */
  strangers: 1.5,
  /** Many recipients that do not exist. */
  bounces: 1.5,
  /** People elsewhere complained. Anybody can forge that, so it must not make the difference for a newsletter. */
  reports: 1,
} as const

export type SignalName = keyof typeof WEIGHTS

export const STOP = 4.5

export const weigh = (signals: readonly SignalName[]): number => signals.reduce((sum, name) => sum + WEIGHTS[name], 0)

/** Recipients of one hour below which nothing is a burst, and how many times the busiest hour before makes one. */
const BURST = { least: 50, times: 5 }
const STRANGERS = { least: 30, share: 0.8 }
/** Within 24 hours. */
const MANY_BOUNCES = 20
/** Within the days before. */
export const REPORTS = { least: 3, days: 7 }

/** What the numbers say, this hour's with the letter that is to leave. */
export function signalsOf({ recipients, strangers, failed, usual }: SentLately): SignalName[] {
  const signals: SignalName[] = []
  if (recipients >= Math.max(BURST.least, BURST.times * usual + 1)) signals.push('burst')
  if (strangers >= Math.max(STRANGERS.least, STRANGERS.share * recipients)) signals.push('strangers')
  if (failed >= MANY_BOUNCES) signals.push('bounces')
  return signals
}
