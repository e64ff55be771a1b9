import { isCompound, stands, type WordTerm } from '#formats/words'
import type { Vocabulary } from './open.ts'
import {
  addCounts,
  beginningWith,
  containing,
  countsAt,
  firstFrom,
  sizeOf,
  wordAt,
  type Counts,
  type Segment,
} from './segment.ts'

/**
 * The words of an account that a term means, and how many items have each: what `isMeant` says of every word, found
 * without looking at all of them.
 * @param most  words; undefined when there are more
 * @param fields  where they must stand; anywhere when left out
 */
export function wordsMeant(
  vocabulary: Vocabulary,
  term: WordTerm,
  most: number,
  fields?: readonly number[],
): Map<string, Counts> | undefined {
  const { words, areAll } = someWordsMeant(vocabulary, term, most, fields)
  return areAll ? words : undefined
}

/** The same, and where there are more than that, so many of them. */
export function someWordsMeant(
  { segments }: Vocabulary,
  term: WordTerm,
  most: number,
  fields?: readonly number[],
): { words: Map<string, Counts>; areAll: boolean } {
  const wanted = fields === undefined ? ~0 : fields.reduce((bits, field) => bits | (1 << field), 0)
  const found = new Map<string, (number | undefined)[]>()
  for (const segment of segments) {
    const seen = new Set<number>()
    for (const index of candidates(segment, term)) {
      if (seen.has(index) || ((segment.fields[index] as number) & wanted) === 0) continue
      seen.add(index)
      addCounts(found, wordAt(segment, index), countsAt(segment, index))
      if (found.size > most) return { words: found, areAll: false }
    }
  }
  return { words: found, areAll: true }
}

function* candidates(segment: Segment, term: WordTerm): Generator<number> {
  for (const form of term.forms) {
    if (isCompound(form) || term.isOpenBefore) {
      const isAtEnd = !term.isOpenAfter && !isCompound(form)
      for (const index of containing(segment, Buffer.from(isAtEnd ? `${form}\n` : form)))
        if (stands(term, form, wordAt(segment, index))) yield index
    } else if (term.isOpenAfter) yield* beginningWith(segment, Buffer.from(form))
    else {
      const index = firstFrom(segment, Buffer.from(form))
      if (index < sizeOf(segment) && wordAt(segment, index) === form) yield index
    }
  }
  for (const { beginnings, longest, has } of term.stems)
    for (const beginning of beginnings)
      for (const index of beginningWith(segment, Buffer.from(beginning))) {
        const length = (segment.starts[index + 1] as number) - (segment.starts[index] as number) - 1
        // Bytes are at least as many as letters, and of the words that are stemmed at most three times as many.
        if (length <= longest * 3 && has(wordAt(segment, index))) yield index
      }
}

/** How many items have a word. */
export function countsOf({ segments }: Vocabulary, word: string): Counts {
  const found = new Map<string, (number | undefined)[]>()
  for (const segment of segments) {
    const index = firstFrom(segment, Buffer.from(word))
    if (index < sizeOf(segment) && wordAt(segment, index) === word) addCounts(found, word, countsAt(segment, index))
  }
  return found.get(word) ?? []
}

/** The words in some of the fields that begin so, the most frequent first. */
export function frequentWords(
  { segments }: Vocabulary,
  beginning: string,
  fields: readonly number[],
  most: number,
): string[] {
  const found = new Map<string, number>()
  const bytes = Buffer.from(beginning)
  for (const segment of segments)
    for (const index of beginningWith(segment, bytes)) {
      const counts = countsAt(segment, index)
      const count = fields.reduce((sum, field) => sum + (counts[field] ?? 0), 0)
      if (count === 0) continue
      const word = wordAt(segment, index)
      found.set(word, (found.get(word) ?? 0) + count)
    }
  return [...found]
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .slice(0, most)
    .map(([word]) => word)
}
