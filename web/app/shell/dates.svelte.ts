import { settings } from '../data/settings.svelte.ts'
import { calendarDay, grouping } from '../mail/days.ts'
import type { DayGroup } from '../mail/days.ts'
import { language, t } from './texts.svelte.ts'

/** The current time, for what the app says about days and minutes; moves once a minute. */
const clock = $state({ now: new Date() })
setInterval(() => (clock.now = new Date()), 60_000)

export function now(): Date {
  return clock.now
}

const cache = new Map<string, Intl.DateTimeFormat>()

/** English as it is written in Europe: the day first, 24 hours. */
function locale(): string {
  return language() === 'en' ? 'en-GB' : language()
}

function say(instant: Date, options: Intl.DateTimeFormatOptions, timeZone = settings.timeZone): string {
  const key = JSON.stringify([locale(), timeZone, options])
  let format = cache.get(key)
  if (!format) cache.set(key, (format = new Intl.DateTimeFormat(locale(), { ...options, timeZone })))
  return format.format(instant)
}

const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' }

const groupOf = $derived(grouping(clock.now, settings.timeZone))

export function group(instant: Date): DayGroup {
  return groupOf(instant)
}

/** Sorts instants under headings. The same function until the minute or the time zone changes. */
export function grouper(): (instant: Date) => DayGroup {
  return groupOf
}

export function groupName(of: DayGroup): string {
  if (of === 'today') return t('day.today')
  if (of === 'yesterday') return t('day.yesterday')
  if (of === 'week') return t('day.week')
  if (of === 'month') return t('day.month')
  return say(new Date(`${of}-15T00:00:00Z`), { month: 'long', year: 'numeric' }, 'UTC')
}

/** As short as a list needs it: the time today and yesterday, the weekday this week, else the date. */
export function shortTime(instant: Date): string {
  const of = group(instant)
  if (of === 'today' || of === 'yesterday') return say(instant, time)
  if (of === 'week') return say(instant, { weekday: 'short' })
  if (sameYear(instant)) return say(instant, { day: 'numeric', month: 'short' })
  return say(instant, { dateStyle: 'short' })
}

/** For the head of a letter: day and time, in words where it is near. */
export function longTime(instant: Date): string {
  const of = group(instant)
  const at = say(instant, time)
  if (of === 'today') return t('time.today', { time: at })
  if (of === 'yesterday') return t('time.yesterday', { time: at })
  if (of === 'week') return t('time.day', { day: say(instant, { weekday: 'long' }), time: at })
  const day = say(instant, { day: 'numeric', month: 'long', ...(sameYear(instant) ? {} : { year: 'numeric' }) })
  return t('time.day', { day, time: at })
}

/** A time to come: in words while it is near. */
export function comingTime(instant: Date): string {
  const at = say(instant, time)
  const days = daysAhead(instant)
  if (days <= 0) return t('time.today', { time: at })
  if (days === 1) return t('time.tomorrow', { time: at })
  if (days < 7) return t('time.day', { day: say(instant, { weekday: 'long' }), time: at })
  const day = say(instant, { day: 'numeric', month: 'long', ...(sameYear(instant) ? {} : { year: 'numeric' }) })
  return t('time.day', { day, time: at })
}

/** A time to come, as short as a list needs it. */
export function shortComingTime(instant: Date): string {
  const days = daysAhead(instant)
  if (days <= 0) return say(instant, time)
  if (days < 7) return say(instant, { weekday: 'short', ...time })
  return say(instant, sameYear(instant) ? { day: 'numeric', month: 'short' } : { dateStyle: 'short' })
}

/** How many calendar days lie between now and then. */
function daysAhead(instant: Date): number {
  const [then, today] = [instant, clock.now].map((one) => Date.parse(calendarDay(one, settings.timeZone)))
  return Math.round(((then ?? 0) - (today ?? 0)) / 86_400_000)
}

/** Everything there is to say about an instant, the time zone too. */
export function fullTime(instant: Date): string {
  return say(instant, { dateStyle: 'full', timeStyle: 'long' })
}

/** An instant as it is written into a letter, which is read on other days. */
export function writtenTime(instant: Date): string {
  return say(instant, { dateStyle: 'long', timeStyle: 'short' })
}

/** A day, with the year when it is not this one. */
export function dayOf(instant: Date): string {
  const of = group(instant)
  if (of === 'today' || of === 'yesterday') return longTime(instant)
  return say(instant, { day: 'numeric', month: 'long', ...(sameYear(instant) ? {} : { year: 'numeric' }) })
}

/** A day far off, with its year. */
export function longDay(instant: Date): string {
  return say(instant, { dateStyle: 'long' })
}

export function clockTime(instant: Date): string {
  return say(instant, time)
}

function sameYear(instant: Date): boolean {
  const [of, today] = [instant, clock.now].map((one) => calendarDay(one, settings.timeZone).slice(0, 4))
  return of === today
}

/** A size in the units people read: 184 kB, 2.4 MB. */
export function fileSize(bytes: number): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte']
  let value = bytes
  let step = 0
  while (value >= 999.5 && step < units.length - 1) {
    value /= 1000
    step++
  }
  return new Intl.NumberFormat(locale(), {
    style: 'unit',
    unit: units[step] ?? 'byte',
    unitDisplay: step === 0 ? 'long' : 'short',
    maximumFractionDigits: value < 10 && step > 1 ? 1 : 0,
  }).format(value)
}
