import { numberFormat, textsOf } from '../../ui/texts.ts'
import type { AppCatalogue, Language, TextKey, Translate, Values } from '../../ui/texts.ts'

/** Each language is a file of its own, loaded when it is chosen. */
const catalogues: Record<Language, () => Promise<{ default: AppCatalogue }>> = {
  de: () => import('../../ui/texts/de.json'),
  fr: () => import('../../ui/texts/fr.json'),
  nl: () => import('../../ui/texts/nl.json'),
  en: () => import('../../ui/texts/en.json'),
}

interface Spoken {
  language: Language
  say: Translate<TextKey>
  catalogue: AppCatalogue
  number: Intl.NumberFormat
}

let spoken: Spoken | undefined = $state.raw()

/** Loads a language and speaks it from then on. */
export async function speak(language: Language): Promise<void> {
  if (spoken?.language === language) return
  const { default: catalogue } = await catalogues[language]()
  spoken = { language, say: textsOf(language, catalogue), catalogue, number: numberFormat(language) }
  document.documentElement.lang = language
}

/** A text in the language of the app. */
export function t(key: TextKey, values?: Values): string {
  return spoken ? spoken.say(key, values) : ''
}

/** Whether there is such a text: a server newer than this app may have something to say that it has no words for. */
export function knows(key: string): key is TextKey {
  return spoken !== undefined && Object.hasOwn(spoken.catalogue, key)
}

export function language(): Language {
  return spoken?.language ?? 'en'
}

/** A number as the language writes it. */
export function count(value: number): string {
  return spoken ? spoken.number.format(value) : String(value)
}
