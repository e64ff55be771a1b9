/**
 * When the demo's letters were written, told from now, so that they look the same in every week of the year. Their
 * writers all live in one time zone.
 */
const ZONE = 'Europe/Brussels'
const MINUTE_MS = 60_000

export type Language = 'de' | 'fr' | 'nl' | 'en'

const LOCALES: Record<Language, string> = { de: 'de-DE', fr: 'fr-FR', nl: 'nl-BE', en: 'en-GB' }

/** How a day is written where a text says `{+19 form}`; without a form: "Freitag, 11. Dezember". */
const FORMS: Record<string, Intl.DateTimeFormatOptions> = {
  day: { weekday: 'long', day: 'numeric', month: 'long' },
  date: { day: 'numeric', month: 'long' },
  weekday: { weekday: 'long' },
  month: { month: 'long' },
  year: { year: 'numeric' },
  numbers: { day: '2-digit', month: '2-digit', year: 'numeric' },
  time: { hour: '2-digit', minute: '2-digit', hour12: false },
}

/**
 * Replaces `{+20}`, `{-3 date}`, `{+20Sa month}`: days from now, or the Saturday that comes then or next, in words of the
 * language. @throws Error for an unknown form
 */
export function fillDates(text: string, language: Language, now: Date): string {
  return text.replace(/\{([+-]\d+\w*|0)(?: (\w+))?\}/g, (_, day: string, form = 'day') =>
    inWords(atHour(now, day, 12, 0), form as string, language),
  )
}

export function inWords(date: Date, form: string, language: Language): string {
  const options = FORMS[form]
  if (options === undefined) throw new Error(`there is no form of a date called "${form}"`)
  return formatter(LOCALES[language], options).format(date)
}

/**
 * `4d 20:14`: at that hour four days ago; `25m`, `2h10m`: that long ago.
 * @throws Error for anything else, and for an hour of today, which may not have come yet
 */
export function timeAgo(when: string, now: Date): Date {
  const [, days, hour, minute] = /^([1-9]\d*)d (\d\d):(\d\d)$/.exec(when) ?? []
  if (days !== undefined) return atHour(now, `-${days}`, Number(hour), Number(minute))
  const [, hours, minutes] = /^(?=\d)(?:(\d+)h)?(?:(\d+)m)?$/.exec(when) ?? []
  if (hours === undefined && minutes === undefined) throw new Error(`"${when}" does not say when`)
  return new Date(now.getTime() - (Number(hours ?? 0) * 60 + Number(minutes ?? 0)) * MINUTE_MS)
}

const WEEKDAYS = ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa']

/** An hour of a day told from today: `+20`, or `+20Sa` for the Saturday then or next. @throws Error */
export function atHour(now: Date, day: string, hour: number, minute: number): Date {
  const [, days, weekday] = /^([+-]\d+|0)([A-Z][a-z])?$/.exec(day) ?? []
  const wanted = weekday === undefined ? undefined : WEEKDAYS.indexOf(weekday)
  if (days === undefined || wanted === -1) throw new Error(`"${day}" is no day`)
  const date = new Date(`${formatter('sv-SE', {}).format(now)}T00:00:00Z`)
  date.setUTCDate(date.getUTCDate() + Number(days))
  if (wanted !== undefined) date.setUTCDate(date.getUTCDate() + ((wanted - date.getUTCDay() + 7) % 7))
  date.setUTCHours(hour, minute)
  // The offset is that of the hour meant, which the first guess lies within two hours of.
  const guess = new Date(date.getTime() - offsetMinutes(date) * MINUTE_MS)
  return new Date(date.getTime() - offsetMinutes(guess) * MINUTE_MS)
}

const formatters = new Map<string, Intl.DateTimeFormat>()

/** Kept, because making one takes far longer than using it. */
function formatter(locale: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${locale} ${JSON.stringify(options)}`
  const made = formatters.get(key) ?? new Intl.DateTimeFormat(locale, { ...options, timeZone: ZONE })
  formatters.set(key, made)
  return made
}

function offsetMinutes(date: Date): number {
  const parts = formatter('en', { timeZoneName: 'longOffset' }).formatToParts(date)
  const name = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /^GMT([+-])(\d\d):(\d\d)$/.exec(name) ?? []
  return (sign === '-' ? -1 : 1) * (Number(hours ?? 0) * 60 + Number(minutes ?? 0))
}

/** As JMAP's Date with the offset of the writers' zone: "2026-11-20T16:41:00+01:00". */
export function withOffset(date: Date): string {
  const offset = offsetMinutes(date)
  const two = (value: number): string => String(value).padStart(2, '0')
  const local = new Date(date.getTime() + offset * MINUTE_MS).toISOString().slice(0, 19)
  return `${local}${offset < 0 ? '-' : '+'}${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`
}
