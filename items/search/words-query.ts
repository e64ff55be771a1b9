import { every, fragment as f, type Fragment, type OpenAccount } from '#storage'
import { hashWords, type FieldWord } from './hashes.ts'
import { mayHavePair, pairNumbers } from './pairs.ts'
import type { Counts } from './vocabulary/segment.ts'

/** What the index is asked. */
export interface WordsQuery {
  /** Keyed hashes of which an item has one, or such questions combined. `true` finds every item that is indexed, `false` none. */
  asks: Asked | boolean
  /** About how many items it finds, never far too few; Infinity where that cannot be told, as of what is left out. */
  most: number
}

export type Asked =
  | { any: readonly number[] }
  | { pair: readonly number[] }
  | { every: readonly Asked[] }
  | { some: readonly Asked[] }
  | { no: Asked }

export const EVERY: WordsQuery = { asks: true, most: Infinity }
export const NONE: WordsQuery = { asks: false, most: 0 }

/** Items that have one of these words in one of the fields. */
export function anyOfWords(
  account: OpenAccount,
  words: ReadonlyMap<string, Counts>,
  fields: readonly number[],
): WordsQuery {
  const wanted: FieldWord[] = []
  let most = 0
  for (const [word, counts] of words)
    for (const field of fields) {
      const count = counts[field]
      if (count === undefined) continue
      wanted.push({ field, word })
      most += count
    }
  return wanted.length === 0 ? NONE : { asks: { any: hashWords(account, wanted) }, most }
}

/**
 * Items in which one of the first words may be followed by one of the second; some others too. Beside other questions only:
 * it has no index.
 */
export function anyOfPairs(account: OpenAccount, first: readonly string[], second: readonly string[]): WordsQuery {
  const pairs = first.flatMap((one) => second.map((other): Asked => ({ pair: pairNumbers(account, one, other) })))
  return { asks: pairs.length === 1 ? (pairs[0] as Asked) : { some: pairs }, most: Infinity }
}

/** Items that all of these find. */
export function everyQuery(queries: readonly WordsQuery[]): WordsQuery {
  if (queries.some(({ asks }) => asks === false)) return NONE
  const asked = queries.flatMap(({ asks }) => (typeof asks === 'boolean' ? [] : [asks]))
  const [only] = asked
  if (only === undefined) return EVERY
  return { asks: asked.length === 1 ? only : { every: asked }, most: Math.min(...queries.map(({ most }) => most)) }
}

/** Items that one of these finds. */
export function someQuery(queries: readonly WordsQuery[]): WordsQuery {
  if (queries.some(({ asks }) => asks === true)) return EVERY
  const asked = queries.flatMap(({ asks }) => (typeof asks === 'boolean' ? [] : [asks]))
  const [only] = asked
  if (only === undefined) return NONE
  const hashes = asked.flatMap((one) => ('any' in one ? one.any : []))
  const others = asked.filter((one) => !('any' in one))
  const some: Asked[] = [...(hashes.length > 0 ? [{ any: hashes }] : []), ...others]
  const most = queries.reduce((sum, one) => sum + one.most, 0)
  return { asks: some.length === 1 ? (some[0] as Asked) : { some }, most }
}

/** Items that are indexed and that this does not find. */
export function noQuery({ asks }: WordsQuery): WordsQuery {
  if (typeof asks === 'boolean') return asks ? NONE : EVERY
  return { asks: { no: asks }, most: Infinity }
}

/** The question as a condition on a row `w` of the table item_words, in the form that its index answers. */
export function conditionOf(asked: Asked): Fragment {
  if ('any' in asked) return f`w.words && ${asked.any}::int[]`
  if ('pair' in asked) return mayHavePair(asked.pair)
  if ('every' in asked) return every(asked.every.map(conditionOf))
  if ('no' in asked) return f`not (${conditionOf(asked.no)})`
  return asked.some.map(conditionOf).reduce((all, one) => f`${all} or (${one})`, f`false`)
}

/** The same for looking at one row `w`: whether words follow one another is told ten times as fast, and so comes first. */
export function lookAt(asked: Asked): Fragment {
  if (!('every' in asked)) return conditionOf(asked)
  const [pairs, others] = [asked.every.filter(isAboutPairs), asked.every.filter((one) => !isAboutPairs(one))]
  if (pairs.length === 0) return every(others.map(lookAt))
  return f`case when ${every(pairs.map(conditionOf))} then ${every(others.map(lookAt))} else false end`
}

const isAboutPairs = (asked: Asked): boolean => 'pair' in asked || ('some' in asked && asked.some.every(isAboutPairs))

/** How many hashes a question has. */
export function alternatives(asked: Asked): number {
  if ('any' in asked) return asked.any.length
  if ('pair' in asked) return 1
  if ('no' in asked) return alternatives(asked.no)
  return ('every' in asked ? asked.every : asked.some).reduce((sum, one) => sum + alternatives(one), 0)
}

/**
 * The condition on a row `i` of the table item, which an item that is not indexed yet never meets. "offset 0" keeps it a
 * question about one item.
 */
export function foundBy(account: OpenAccount, { asks }: WordsQuery): Fragment {
  if (asks === false) return f`false`
  const condition = asks === true ? f`true` : f`(${lookAt(asks)})`
  return f`exists (select from item_words w where w.account_id = ${account.id} and w.item_id = i.item_id and ${condition} offset 0)`
}
