import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }
import type { Language } from '../site/languages.ts'

/** English names the keys that all four catalogues must have. */
export type TextKey = keyof typeof en

export const catalogues: Record<Language, Record<TextKey, string>> = { de, fr, nl, en }

/** Whether a text has this name: names are put together from what an act says. */
export const isTextKey = (key: string): key is TextKey => Object.hasOwn(en, key)

/** Says a text, with `{name}` replaced by the value of that name. The result is text, not HTML. */
export type Say = (key: TextKey, values?: Record<string, string | number>) => string

export function sayIn(language: Language): Say {
  return (key, values = {}) =>
    catalogues[language][key].replace(/\{(\w+)\}/g, (gap, name: string) => String(values[name] ?? gap))
}

const locale = (language: Language): string => (language === 'en' ? 'en-GB' : language)

/** A form for each language, in UTC as everything at the desk. Made once: to make one takes some 0.3 ms, and a page has a hundred times. */
function formsOf(form: Intl.DateTimeFormatOptions): Record<Language, Intl.DateTimeFormat> {
  const of = (language: Language) => new Intl.DateTimeFormat(locale(language), { ...form, timeZone: 'UTC' })
  return { de: of('de'), fr: of('fr'), nl: of('nl'), en: of('en') }
}
const TIMES = formsOf({ dateStyle: 'medium', timeStyle: 'short' })
const DAYS = formsOf({ dateStyle: 'long' })

/** @param time  ISO 8601 */
export const timeInWords = (language: Language, time: string | Date): string => TIMES[language].format(new Date(time))

export const dayInWords = (language: Language, time: string | Date): string => DAYS[language].format(new Date(time))
