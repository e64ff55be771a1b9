import { clockAt, dayAfter, instantAt, weekday } from '../shell/calendar.ts'

/** When mornings begin. */
const morning = '08:00'

/** A time at which a letter can be sent that is offered by name. */
export interface Later {
  name: 'tomorrow' | 'monday'
  at: Date
}

/** Tomorrow morning, and the morning of the next Monday where that is another day. In a time zone (IANA name). */
export function laterTimes(now: Date, timeZone: string): Later[] {
  const { day } = clockAt(now, timeZone)
  const tomorrow = dayAfter(day, 1)
  const monday = dayAfter(day, 8 - weekday(day))
  const offered: Later[] = [{ name: 'tomorrow', at: instantAt(tomorrow, morning, timeZone) }]
  if (monday !== tomorrow) offered.push({ name: 'monday', at: instantAt(monday, morning, timeZone) })
  return offered
}
