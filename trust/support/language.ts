import type { Language } from './texts.ts'

/** Short words that are frequent in one of the languages and rare in the others. */
const WORDS: Readonly<Record<Language, readonly string[]>> = {
  de: 'ich und nicht ist mein meine sie bitte das mit für auf ein kann habe'.split(' '),
  fr: 'je ne pas mon ma est vous le les et une des pour avec suis'.split(' '),
  nl: 'ik niet mijn het een van en u voor met kan heb naar wat graag'.split(' '),
  en: 'i the my is not and you to of please cannot can have for with'.split(' '),
}

/** Words that are looked at. */
const MOST = 500

/** In which language a letter is answered: by its own words, so that the answer says nothing about its sender. English when nothing tells. */
export function languageOf(text: string): Language {
  const words =
    text
      .toLowerCase()
      .slice(0, 10_000)
      .match(/\p{L}+/gu) ?? []
  const counts = new Map<Language, number>()
  for (const word of words.slice(0, MOST))
    for (const [language, known] of Object.entries(WORDS) as [Language, readonly string[]][])
      if (known.includes(word)) counts.set(language, (counts.get(language) ?? 0) + 1)
  const [best] = [...counts].toSorted(([, a], [, b]) => b - a)
  return best?.[0] ?? 'en'
}
