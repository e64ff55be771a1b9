import de from './texts/de.json' with { type: 'json' }
import en from './texts/en.json' with { type: 'json' }
import fr from './texts/fr.json' with { type: 'json' }
import nl from './texts/nl.json' with { type: 'json' }

export type Language = 'de' | 'fr' | 'nl' | 'en'
export type TextKey = keyof typeof en

/** English names the keys that all four languages must have. */
export const catalogues: Record<Language, Record<TextKey, string>> = { de, en, fr, nl }

export interface LegalTexts {
  say(key: TextKey, values?: Readonly<Record<string, string>>): string
  day(at: Date): string
}

/** The words of letters and packages in a language. */
export const legalTexts = (language: Language): LegalTexts => ({
  say: (key, values = {}) =>
    catalogues[language][key].replace(/\{(\w+)\}/g, (gap, name: string) => values[name] ?? gap),
  day: (at) =>
    new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : language, { dateStyle: 'long', timeZone: 'UTC' }).format(at),
})
