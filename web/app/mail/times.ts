import { clockAt, dayAfter, instantAt, weekday } from '../shell/calendar.ts'

/** A time that is offered by name. */
export interface Offer<Name extends string = string> {
  name: Name
  at: Date
}

const morning = '08:00'
const saturdayMorning = '09:00'
const hourMs = 3_600_000
const halfHourMs = hourMs / 2

/** Later today is three hours from now, unless that is later in the evening than this. */
const latest = '21:30'

export type LaterName = 'today' | 'tomorrow' | 'weekend' | 'week'

/** When a conversation can come back: later today, tomorrow, at the weekend, next week. In a time zone (IANA name). */
export function laterOffers(now: Date, timeZone: string): Offer<LaterName>[] {
  const { day } = clockAt(now, timeZone)
  const offers: Offer<LaterName>[] = []
  const soon = new Date(Math.ceil((now.getTime() + 3 * hourMs) / halfHourMs) * halfHourMs)
  const then = clockAt(soon, timeZone)
  if (then.day === day && then.time <= latest) offers.push({ name: 'today', at: soon })
  offers.push({ name: 'tomorrow', at: instantAt(dayAfter(day, 1), morning, timeZone) })
  // On Fridays the weekend is tomorrow, and at the weekend it is here.
  if (weekday(day) < 5)
    offers.push({ name: 'weekend', at: instantAt(dayAfter(day, 6 - weekday(day)), saturdayMorning, timeZone) })
  if (weekday(day) < 7) offers.push({ name: 'week', at: instantAt(dayAfter(day, 8 - weekday(day)), morning, timeZone) })
  return offers
}

export type FollowUpName = 'twoDays' | 'week' | 'twoWeeks'
const followUpDays: Record<FollowUpName, number> = { twoDays: 2, week: 7, twoWeeks: 14 }

/** When to look at a letter again that nobody has answered. */
export function followUpOffers(now: Date, timeZone: string): Offer<FollowUpName>[] {
  const { day } = clockAt(now, timeZone)
  return Object.entries(followUpDays).map(([name, days]) => ({
    name: name as FollowUpName,
    at: instantAt(dayAfter(day, days), morning, timeZone),
  }))
}
