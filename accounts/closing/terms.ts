import { Refusal, type Config } from '#system'

const DAY_MS = 86_400_000

/** What happens to an account that is closed at some time, and when. */
export interface ClosingTerms {
  closedAt: Date
  /** Until then its owner may reopen it. */
  reopenUntil: Date
  /** From then on it is erased. */
  eraseAt: Date
  /** Until then mail for it goes on to its owner's address outside; null where it is refused. */
  forwardUntil: Date | null
}

export type ClosingSettings = Config['closing']

/**
 * @param forwardDays  for which mail is to be forwarded; without it, mail is refused
 * @throws Refusal 'invalid' for days that are not offered
 */
export function closingTerms(settings: ClosingSettings, closedAt: Date, forwardDays?: number): ClosingTerms {
  const reopenUntil = daysAfter(closedAt, settings.reopenDays)
  if (forwardDays !== undefined && !forwardDaysOf(settings).includes(forwardDays))
    throw new Refusal('invalid', { fields: ['forwardDays'] })
  return {
    closedAt,
    reopenUntil,
    eraseAt: daysAfter(reopenUntil, settings.eraseDays),
    forwardUntil: forwardDays === undefined ? null : daysAfter(closedAt, forwardDays),
  }
}

/** For how many days mail may be forwarded, the fewest first: never for longer than the account can be reopened. */
export const forwardDaysOf = ({ forwardDays, reopenDays }: ClosingSettings): number[] =>
  [...new Set(forwardDays)].filter((days) => days <= reopenDays).toSorted((a, b) => a - b)

/** When the owner of a closed account is reminded, the first time first. */
export function remindersOf({ remindDays }: ClosingSettings, { closedAt, reopenUntil }: ClosingTerms): Date[] {
  return remindDays
    .toSorted((a, b) => b - a)
    .map((days) => daysAfter(reopenUntil, -days))
    .filter((at) => at > closedAt)
}

const daysAfter = (time: Date, days: number): Date => new Date(time.getTime() + days * DAY_MS)
