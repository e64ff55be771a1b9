import {
  allOf,
  EVERY,
  foundBy,
  isOneOf,
  not,
  openVocabulary,
  readKeywords,
  waitingItems,
  type Condition,
  type Search,
  type Vocabulary,
  type WordsQuery,
} from '#items'
import type { OpenAccount } from '#storage'
import { MAIL } from '../kind.ts'
import { isTextCondition } from '../search/condition.ts'
import { planFilter, type MessageFilter, type Test } from './filter.ts'
import type { MessageQuery } from './query.ts'
import { planSort, type SortPlan } from './sort.ts'

/** Messages that came too recently to be indexed, and are opened instead. */
const MOST_WAITING = 100

/** Where messages are looked for, and what is asked of each that is found. */
export interface Way {
  search: Search
  rest: Test | undefined
  order: SortPlan
}

/** A query as it is worked through. */
export interface QueryPlan {
  indexed: Way
  /** The messages that the index does not know yet. They are few. */
  waiting: Way | undefined
  isNewestFirst: boolean
  collapseThreads: boolean
}

/** @throws Refusal 'invalid' for a keyword, 'tooManyItems' for more words than a search may have */
export async function planQuery(account: OpenAccount, query: MessageQuery): Promise<QueryPlan> {
  const { filter, sort, collapseThreads } = query
  const asksText = filter !== null && isAboutText(filter)
  // First of all: what is indexed from now on is looked for in both ways, and so in one at least.
  const waiting = asksText ? await waitingItems(account, MAIL, MOST_WAITING) : []
  const [keywords, vocabulary] = await Promise.all([
    readKeywords(account),
    asksText ? openVocabulary(account) : undefined,
  ])
  const context = { account, keywords }
  const way = (vocabulary: Vocabulary | undefined, narrowed: (words: WordsQuery | undefined) => Condition[]): Way => {
    const { rest, where, ...search } = planFilter(filter, { ...context, vocabulary })
    const order = planSort(sort, context, search.also)
    return { search: { kind: MAIL, ...search, where: allOf([where, ...narrowed(search.words)]) }, rest, order }
  }
  const indexed = way(vocabulary, (words) => [
    // What is not indexed has none of the words, and not none of them.
    ...(asksText && (words === undefined || typeof words.asks === 'boolean') ? [foundBy(account, EVERY)] : []),
    ...(waiting.length > 0 ? [not(isOneOf(waiting))] : []),
  ])
  return {
    indexed,
    waiting: waiting.length === 0 ? undefined : way(undefined, () => [isOneOf(waiting)]),
    isNewestFirst: indexed.order.isNewestFirst,
    collapseThreads,
  }
}

const isAboutText = (filter: MessageFilter): boolean =>
  'operator' in filter
    ? filter.conditions.some(isAboutText)
    : Object.entries(filter).some(([name, value]) => value !== undefined && isTextCondition(name))
