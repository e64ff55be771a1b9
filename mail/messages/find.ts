import { walkItems, type Found } from '#items'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { messagesTogether, openLetter } from '../search/letter.ts'
import type { QueryPlan, Way } from './plan.ts'
import { openSummaries } from './read.ts'
import type { SortPlan } from './sort.ts'

/** Messages that one query looks at, whose summaries it opens, and whose content, at most. */
const MOST_FOUND = 1_000_000
const MOST_OPENED = 100_000
const MOST_READ = 2000

/** Summaries opened at one go: a few milliseconds, in which nobody else is served. And contents read at one go. */
const SLICE = 250
const SLICE_READ = 20

interface Match {
  id: number
  threadId: number
  receivedAt: number
  keys: ReturnType<SortPlan['keysOf']>
}

/**
 * The ids of the whole list, or its beginning with at least `enough` of them.
 * @throws Refusal 'tooManyItems' when the query would look at too much
 */
export async function findMessages(account: OpenAccount, plan: QueryPlan, enough: number): Promise<number[]> {
  const { indexed, waiting, isNewestFirst, collapseThreads } = plan
  const recent = waiting === undefined ? [] : await Array.fromAsync(matches(account, waiting))
  const results: Match[] = []
  const seenThreads = new Set<number>()
  const isRepeated = ({ threadId }: Match): boolean => seenThreads.has(threadId) || !seenThreads.add(threadId)
  const add = (match: Match): void => {
    if (!isNewestFirst || !collapseThreads || !isRepeated(match)) results.push(match)
  }
  for await (const match of matches(account, indexed)) {
    while (recent[0] !== undefined && isNewer(recent[0], match)) add(recent.shift() as Match)
    add(match)
    if (isNewestFirst && results.length >= enough) break
  }
  if (results.length < enough) recent.forEach(add)
  if (isNewestFirst) return results.map(({ id }) => id)
  results.sort((a, b) => indexed.order.compare(a.keys, b.keys) || (isNewer(a, b) ? -1 : 1))
  return (collapseThreads ? results.filter((match) => !isRepeated(match)) : results).map(({ id }) => id)
}

const isNewer = (a: Match, b: Match): boolean =>
  a.receivedAt > b.receivedAt || (a.receivedAt === b.receivedAt && a.id > b.id)

/** What meets the filter, newest first. */
export async function* matches(account: OpenAccount, { search, rest, order }: Way): AsyncGenerator<Match> {
  const needsSummary = order.needsSummary || rest !== undefined
  const slice = rest?.needsContent ? SLICE_READ : SLICE
  let [seen, read] = [0, 0]
  for await (const piece of walkItems(account, search)) {
    seen += piece.length
    if (seen > (needsSummary ? MOST_OPENED : MOST_FOUND)) throw new Refusal('tooManyItems')
    if (!needsSummary) {
      for (const found of piece) yield matchOf(found, order.keysOf(found, undefined))
      continue
    }
    for (let at = 0; at < piece.length; at += slice) {
      if (rest?.needsContent && (read += slice) > MOST_READ) throw new Refusal('tooManyItems')
      yield* await opened(account, piece.slice(at, at + slice), rest, order)
    }
  }
}

async function opened(
  account: OpenAccount,
  found: readonly Found[],
  rest: Way['rest'],
  order: SortPlan,
): Promise<Match[]> {
  const summaries = await openSummaries(
    account,
    found.map(({ id }) => id),
  )
  const messageOf = messagesTogether(
    account,
    [...summaries.values()].map(({ blob }) => blob),
  )
  const list = await Promise.all(
    found.map(async (one): Promise<Match[]> => {
      const summary = summaries.get(one.id)
      // Without one it was destroyed a moment ago.
      if (summary === undefined) return []
      if (rest !== undefined && !(await rest.holds(one.also, openLetter(account, summary, messageOf)))) return []
      return [matchOf(one, order.keysOf(one, summary))]
    }),
  )
  return list.flat()
}

const matchOf = ({ id, threadId, receivedAt }: Found, keys: Match['keys']): Match => ({
  id,
  threadId,
  receivedAt,
  keys,
})
