import type { ParsedCronItem } from 'graphile-worker'

const MINUTES_OF_WEEK = 7 * 24 * 60

/** For what comes round less often than every week: as crontab(5) has no year, a month is the next. */
const MONTH_SECONDS = 31 * 86_400

/** The longest time between two times of a schedule, in seconds. */
export function longestGapSeconds({ match }: Pick<ParsedCronItem, 'match'>): number {
  // From a Sunday the 1st on, whose numbers in the week and in the month go together.
  const matches = Array.from({ length: MINUTES_OF_WEEK }, (_, minute) => minute).filter((minute) => {
    const day = Math.floor(minute / 1440)
    return match({ min: minute % 60, hour: Math.floor(minute / 60) % 24, date: day + 1, month: 1, dow: day })
  })
  if (matches.length === 0) return MONTH_SECONDS
  const next = [...matches.slice(1), (matches[0] as number) + MINUTES_OF_WEEK]
  return 60 * Math.max(...matches.map((minute, i) => (next[i] as number) - minute))
}
