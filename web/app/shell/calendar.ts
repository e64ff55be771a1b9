import { calendarDay } from '../mail/days.ts'

/** A calendar day as "2026-11-17", and a time of day as "08:00". */
export type Day = string
export type Clock = string

/** The day so many days after another; calendar days have no clock changes, so UTC counts them right. */
export function dayAfter(day: Day, days: number): Day {
  const date = new Date(`${day}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() + days)
  return date.toISOString().slice(0, 10)
}

/** 1 for Monday to 7 for Sunday. */
export function weekday(day: Day): number {
  return new Date(`${day}T00:00:00Z`).getUTCDay() || 7
}

/**
 * The instant at which clocks in a time zone (IANA name) show a day and a time. One that a change of the clocks leaves
 * out is the one that follows by as much; of one that comes twice, the first is meant.
 */
export function instantAt(day: Day, time: Clock, timeZone: string): Date {
  const shown = Date.parse(`${day}T${time}:00Z`)
  // The day before and after hold the offsets on both sides of a change.
  const offsets = [shown - 86_400_000, shown + 86_400_000].map((at) => offsetMs(at, timeZone))
  const fits = offsets.map((offset) => shown - offset).find((at) => at + offsetMs(at, timeZone) === shown)
  return new Date(fits ?? shown - (offsets[0] ?? 0))
}

/** What clocks in a time zone show at an instant. */
export function clockAt(instant: Date, timeZone: string): { day: Day; time: Clock } {
  const local = new Date(instant.getTime() + offsetMs(instant.getTime(), timeZone)).toISOString()
  return { day: calendarDay(instant, timeZone), time: local.slice(11, 16) }
}

/** How far the clocks of a time zone are ahead of UTC at an instant. */
function offsetMs(at: number, timeZone: string): number {
  const second = at - (((at % 1000) + 1000) % 1000)
  const shown = Date.parse(`${format(timeZone).format(second).replace(' ', 'T')}Z`)
  return shown - second
}

const formats = new Map<string, Intl.DateTimeFormat>()

function format(timeZone: string): Intl.DateTimeFormat {
  let known = formats.get(timeZone)
  if (!known) {
    // The Swedish form of date and time is nearly the ISO one.
    known = new Intl.DateTimeFormat('sv', { timeZone, dateStyle: 'short', timeStyle: 'medium' })
    formats.set(timeZone, known)
  }
  return known
}
