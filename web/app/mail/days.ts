/**
 * The heading under which a letter stands: "today", "yesterday", "week" (earlier in the last seven days), "month"
 * (earlier in this month), or a month as "2026-10".
 */
export type DayGroup = string

/** The calendar day, as "2026-11-17", of an instant in a time zone. */
export function calendarDay(instant: Date, timeZone: string): string {
  return dayFormat(timeZone).format(instant)
}

/** Sorts instants under headings as seen from `now` in a time zone (IANA name). */
export function grouping(now: Date, timeZone: string): (instant: Date) => DayGroup {
  const today = calendarDay(now, timeZone)
  const ago = new Map(Array.from({ length: 7 }, (_, days) => [before(today, days), days]))
  return (instant) => {
    const day = calendarDay(instant, timeZone)
    const days = ago.get(day)
    if (days === 0 || day > today) return 'today'
    if (days === 1) return 'yesterday'
    if (days !== undefined) return 'week'
    const month = day.slice(0, 7)
    return month === today.slice(0, 7) ? 'month' : month
  }
}

/** The day so many days before a calendar day; calendar days have no clock changes, so UTC counts them right. */
function before(day: string, days: number): string {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() - days)
  return date.toISOString().slice(0, 10)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function dayFormat(timeZone: string): Intl.DateTimeFormat {
  let format = formats.get(timeZone)
  if (!format) {
    // The Swedish form of a date is the ISO one.
    format = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short' })
    formats.set(timeZone, format)
  }
  return format
}
