import { countItems } from '#items'
import type { OpenAccount } from '#storage'
import { findMessages, matches } from './find.ts'
import type { QueryPlan } from './plan.ts'

/** Up to so many messages the content is read to count those that are meant. */
const MOST_VERIFIED = 150

/**
 * How long the list of a query is. Where only the content tells, and there may be many, those are counted that the index
 * takes for meant: of phrases about one in ten too many.
 */
export async function countMessages(account: OpenAccount, plan: QueryPlan): Promise<number> {
  const { indexed, waiting, collapseThreads } = plan
  const { rest } = indexed
  if (rest !== undefined && !rest.needsContent) return (await findMessages(account, plan, Infinity)).length
  const recent = waiting === undefined ? [] : await Array.fromAsync(matches(account, waiting))
  const threads = recent.map(({ threadId }) => threadId)
  const count = collapseThreads
    ? await countItems(account, indexed.search, threads)
    : (await countItems(account, indexed.search)) + recent.length
  return rest === undefined || count > MOST_VERIFIED ? count : (await findMessages(account, plan, Infinity)).length
}

interface Counted {
  change: number
  counts: Map<string, number>
}

/** Lists of one account whose lengths are remembered. */
const MOST_REMEMBERED = 20

const remembered = new WeakMap<OpenAccount, Counted>()

/** The same, remembered while nothing changes: a list is asked for page by page. @param name  tells the query from others */
export async function countOnce(
  account: OpenAccount,
  change: number,
  name: string,
  count: () => Promise<number>,
): Promise<number> {
  let known = remembered.get(account)
  if (known?.change !== change) remembered.set(account, (known = { change, counts: new Map() }))
  const before = known.counts.get(name)
  if (before !== undefined) return before
  const found = await count()
  if (known.counts.size >= MOST_REMEMBERED) known.counts.clear()
  known.counts.set(name, found)
  return found
}
