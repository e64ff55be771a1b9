import { IntlMessageFormat } from 'intl-messageformat'
import type { PrimitiveType } from 'intl-messageformat'
import type en from './texts/en.json'

/** The languages of the app and of the public pages, in the order in which they are offered. */
export const languages = ['de', 'fr', 'nl', 'en'] as const
export type Language = (typeof languages)[number]

/** What each language calls itself. */
export const languageNames: Record<Language, string> = {
  de: 'Deutsch',
  fr: 'Français',
  nl: 'Nederlands',
  en: 'English',
}

/** The app's catalogue; English names the keys that all four must have. */
export type AppCatalogue = typeof en
export type TextKey = keyof AppCatalogue

export type Values = Record<string, PrimitiveType>
export type Translate<Key extends string> = (key: Key, values?: Values) => string

/** The offered language that fits best the wishes given in order of preference (BCP 47); English when none does. */
export function chooseLanguage(wishes: readonly string[]): Language {
  for (const wish of wishes) {
    const found = languages.find((language) => language === wish.slice(0, 2).toLowerCase())
    if (found) return found
  }
  return 'en'
}

/**
 * A function that says a text of `catalogue` (ICU messages) in `language`.
 * Each message is parsed once, when it is first needed.
 */
export function textsOf<Key extends string>(language: Language, catalogue: Record<Key, string>): Translate<Key> {
  const parsed = new Map<Key, IntlMessageFormat>()
  return (key, values) => {
    let message = parsed.get(key)
    if (!message) parsed.set(key, (message = new IntlMessageFormat(catalogue[key], language, undefined, options)))
    return String(message.format(values))
  }
}

/**
 * A number in the reader's language: a comma between thousands in English, a narrow space elsewhere
 * (what CLDR has for German and Dutch is a point, which readers of the other two take for a decimal sign).
 */
export function numberFormat(language: Language, options?: Intl.NumberFormatOptions): Intl.NumberFormat {
  const format = new Intl.NumberFormat(language, options)
  if (language === 'en') return format
  const parts = format.formatToParts.bind(format)
  const spaced = (value: number | bigint) =>
    parts(value)
      .map((part) => (part.type === 'group' ? '\u202f' : part.value))
      .join('')
  return Object.defineProperty(format, 'format', { value: spaced })
}

/** Formats are dear to make, and a message asks for its own each time it is said. */
function once<Format>(make: (language: Language) => Format): (locale?: string | string[]) => Format {
  const made = new Map<Language, Format>()
  return (locale = 'en') => {
    const language = chooseLanguage([locale].flat())
    let format = made.get(language)
    if (!format) made.set(language, (format = make(language)))
    return format
  }
}

const cardinal = once((language) => new Intl.PluralRules(language))
function plurals(locale?: string | string[], rules?: Intl.PluralRulesOptions): Intl.PluralRules {
  return rules?.type === 'ordinal' ? new Intl.PluralRules(locale, rules) : cardinal(locale)
}

const options = {
  ignoreTag: true,
  formatters: {
    getNumberFormat: once((language) => numberFormat(language)),
    getDateTimeFormat: (...args: ConstructorParameters<typeof Intl.DateTimeFormat>) => new Intl.DateTimeFormat(...args),
    getPluralRules: plurals,
  },
}
