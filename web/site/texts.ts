import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }
import { nowMs } from '../../system/index.ts'
import type { Language } from './languages.ts'

/** English names the keys that all four catalogues must have. */
export type TextKey = keyof typeof en

export const catalogues: Record<Language, Record<TextKey, string>> = { de, fr, nl, en }

/** Whether a text has this name: names may be put together from what a form was told. */
export const isTextKey = (key: string): key is TextKey => Object.hasOwn(en, key)

/** Says a text, with `{name}` replaced by the value of that name. The result is text, not HTML. */
export type Say = (key: TextKey, values?: Record<string, string>) => string

export function sayIn(language: Language): Say {
  return (key, values = {}) =>
    catalogues[language][key].replace(/\{(\w+)\}/g, (gap, name: string) => values[name] ?? gap)
}

const units = [
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const

/** A time to wait in words, rounded up, in the largest unit of which it is at least two: `90 seconds`, `15 minutes`. */
export function durationInWords(language: Language, seconds: number): string {
  const { unit, seconds: length } = units.find((each) => seconds >= 2 * each.seconds) ?? units[2]
  return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.ceil(seconds / length),
  )
}

const AGES = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3600 },
  { unit: 'minute', seconds: 60 },
] as const

/** How long ago something was, rounded down, in the largest unit of which it is at least two: `44 days ago`, `3 minutes ago`. */
export function ageInWords(language: Language, seconds: number): string {
  const { unit, seconds: length } = AGES.find((each) => seconds >= 2 * each.seconds) ?? AGES[2]
  return new Intl.RelativeTimeFormat(language, { numeric: 'auto' }).format(-Math.floor(seconds / length), unit)
}

/** The same of a time. What lies ahead, by a clock that differs, is now. */
export const agoInWords = (language: Language, at: Date): string =>
  ageInWords(language, Math.max(0, (nowMs() - at.getTime()) / 1000))

/** A day in full: `29 November 2026`. */
export const dayInWords = (language: Language, at: Date): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'long', timeZone: 'UTC' }).format(at)

/** A moment for everybody, wherever they are: `29 November 2026 at 08:12 UTC`. */
export const timeInWords = (language: Language, at: Date): string =>
  new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  }).format(at) + ' UTC'

export const numberInWords = (language: Language, value: number): string =>
  new Intl.NumberFormat(language === 'en' ? 'en-GB' : language).format(value)
