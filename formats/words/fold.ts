/** What decomposition leaves as it is, and readers of the four languages take for the same. */
const PLAIN: Readonly<Record<string, string>> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ł: 'l',
  þ: 'th',
  ı: 'i',
  ς: 'σ',
}
const NOT_PLAIN = /[ßæœøđðłþıς]/g

/** Accents, and characters that take no room: soft hyphens, joiners, marks of direction. */
const UNSEEN = /[\p{M}\p{Cf}]+/gu

const ASCII = /^[\x00-\x7f]*$/

/** Without case, accents and invisible characters, compatibility forms made plain: "Ångström" becomes "angstrom". */
export function fold(text: string): string {
  if (ASCII.test(text)) return text.toLowerCase()
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(UNSEEN, '')
    .toLowerCase()
    .replace(NOT_PLAIN, (letter) => PLAIN[letter] as string)
    .normalize('NFC')
}

const UMLAUTS: Readonly<Record<string, string>> = { ä: 'ae', ö: 'oe', ü: 'ue' }
const UMLAUT = /[äöü]/g

/** How a word may be written without its accents: "Müller" is "muller" and "mueller". Empty for what is no word at all. */
export function formsOf(word: string): string[] {
  const plain = fold(word)
  if (plain === '') return []
  if (plain === word || ASCII.test(word)) return [plain]
  const lower = word.toLowerCase().normalize('NFC')
  if (lower.search(UMLAUT) === -1) return [plain]
  return [plain, fold(lower.replace(UMLAUT, (letter) => UMLAUTS[letter] as string))]
}
