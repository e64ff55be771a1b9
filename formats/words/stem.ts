import { createRequire } from 'node:module'

/** The languages whose stems are known. */
const LANGUAGES = ['german', 'french', 'dutch', 'english'] as const
type Language = (typeof LANGUAGES)[number]

/** Letters that a stem has at least: "e" would be the stem of too much. */
const SHORTEST = 3

/** Letters that an ending has at most. */
const LONGEST_ENDING = 8

/** Words whose stem is remembered; finding one takes 20 µs. */
const REMEMBERED = 50_000

// Four megabytes, which a process that searches nothing does without.
const load = (): typeof import('snowball-stemmers') =>
  createRequire(import.meta.url)('snowball-stemmers') as typeof import('snowball-stemmers')

const stemmers = new Map<Language, { stem(word: string): string; known: Map<string, string> }>()

/** A word that has a stem in one of the languages: letters alone, no more than a word has. */
const STEMMABLE = /^\p{L}{3,40}$/u

function stem(language: Language, word: string): string {
  let stemmer = stemmers.get(language)
  if (stemmer === undefined) {
    const { stem } = load().newStemmer(language)
    stemmers.set(language, (stemmer = { stem, known: new Map() }))
  }
  const known = stemmer.known.get(word)
  if (known !== undefined) return known
  // Without its accent "parlée" would not be the participle that it is.
  const found = stemmer.stem(language === 'french' ? word.replace(/ee(s?)$/, 'e$1') : word)
  if (stemmer.known.size >= REMEMBERED) stemmer.known.clear()
  stemmer.known.set(word, found)
  return found
}

/** How words with a stem may begin: a stem is their beginning, but for its last letters. */
const BEGINNINGS: Readonly<Record<Language, (stem: string) => string[]>> = {
  german: (stem) => [stem],
  // happi(ness), happy
  english: (stem) => [stem, ...(stem.endsWith('i') ? [`${stem.slice(0, -1)}y`] : [])],
  // journal, journaux
  french: (stem) => [stem, ...(stem.endsWith('al') ? [`${stem.slice(0, -1)}u`] : [])],
  // bomen, boom
  dutch: (stem) => [stem, ...(/[aeou][^aeiouy]$/.test(stem) ? [stem.replace(/(.)(.)$/, '$1$1$2')] : [])],
}

/** Where words with the stem of another are to be looked for, and which of them have it. */
export interface StemSearch {
  /** All of them begin with one of these. */
  beginnings: string[]
  longest: number
  has(word: string): boolean
}

/** For a folded word, one search in each language in which it has a stem. */
export function stemSearches(word: string): StemSearch[] {
  if (!STEMMABLE.test(word)) return []
  return LANGUAGES.flatMap((language) => {
    const wanted = stem(language, word)
    if (wanted.length < SHORTEST) return []
    const beginnings = BEGINNINGS[language](wanted)
    const longest = wanted.length + LONGEST_ENDING
    return {
      beginnings,
      longest,
      has: (other) =>
        other.length <= longest &&
        beginnings.some((beginning) => other.startsWith(beginning)) &&
        STEMMABLE.test(other) &&
        stem(language, other) === wanted,
    }
  })
}
