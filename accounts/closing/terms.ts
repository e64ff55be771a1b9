import type { Config } from '#system'

const DAY_MS = 86_400_000

/** What happens to an account that is closed at some time, and when. */
export interface ClosingTerms {
  closedAt: Date
  /** Until then its owner may reopen it. */
  reopenUntil: Date
  /** From then on it is erased. */
  eraseAt: Date
}

export type ClosingSettings = Config['closing']

export function closingTerms({ reopenDays, eraseDays }: ClosingSettings, closedAt: Date): ClosingTerms {
  const reopenUntil = daysAfter(closedAt, reopenDays)
  return { closedAt, reopenUntil, eraseAt: daysAfter(reopenUntil, eraseDays) }
}

/** When the owner of a closed account is reminded, the first time first. */
export function remindersOf({ remindDays }: ClosingSettings, { closedAt, reopenUntil }: ClosingTerms): Date[] {
  return remindDays
    .toSorted((a, b) => b - a)
    .map((days) => daysAfter(reopenUntil, -days))
    .filter((at) => at > closedAt)
}

const daysAfter = (time: Date, days: number): Date => new Date(time.getTime() + days * DAY_MS)
