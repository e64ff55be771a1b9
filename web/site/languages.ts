/** The languages of the public pages, in the order in which they are offered. */
export const languages = ['de', 'fr', 'nl', 'en'] as const
export type Language = (typeof languages)[number]

/** What each language calls itself. */
export const languageNames: Record<Language, string> = {
  de: 'Deutsch',
  fr: 'Français',
  nl: 'Nederlands',
  en: 'English',
}

/** More wishes than this no browser sends; the rest is not read. */
const maxWishes = 32

/**
 * The offered language a visitor likes best, English when none of them is wished for. RFC 9110 §12.5.4.
 * A region or script does not matter here (`de-AT` is German); a language with `q=0` is not acceptable.
 * @param header  the value of Accept-Language, as it came
 */
export function visitorLanguage(header: string | undefined): Language {
  const wishes = (header ?? '').split(',', maxWishes).map(readWish)
  const best = wishes.filter(({ quality }) => quality > 0).sort((a, b) => b.quality - a.quality)
  for (const { tag } of best) {
    const found = languages.find((language) => tag === language || tag.startsWith(`${language}-`))
    if (found) return found
  }
  return 'en'
}

/** One element of the list: `fr-BE;q=0.8`. What does not read as a quality counts as not acceptable. */
function readWish(wish: string): { tag: string; quality: number } {
  const [tag = '', weight = 'q=1'] = wish
    .toLowerCase()
    .split(';', 2)
    .map((part) => part.trim())
  const quality = /^q=(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.exec(weight)?.[1]
  return { tag, quality: Number(quality ?? 0) }
}

/** The language that a path of these pages begins with. */
export function pathLanguage(path: string): Language | undefined {
  return languages.find((language) => path === `/${language}` || path.startsWith(`/${language}/`))
}
