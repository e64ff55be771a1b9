import { kindState, positionInFolder, readKeywords, readPage, walkItems, type Found, type ListState } from '#items'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { MAIL } from '../kind.ts'
import { planFilter, type MessageFilter, type Plan } from './filter.ts'
import { openSummaries } from './read.ts'
import { isNewestFirst, planSort, type MessageOrder, type SortPlan } from './sort.ts'
import type { Summary } from './summary.ts'

export interface MessageQuery {
  filter: MessageFilter | null
  /** Empty: newest first. */
  sort: readonly MessageOrder[]
  /** Only the first message of each thread. */
  collapseThreads: boolean
}

/** The part of the results that is wanted. */
export interface MessageWindow {
  /** Negative: from the end. Ignored when there is an anchor. */
  position: number
  anchor?: number | undefined
  anchorOffset: number
  limit: number
  /** Whether the length of the whole list is wanted, which may cost more than the window. */
  calculateTotal: boolean
}

export interface MessageList {
  ids: number[]
  position: number
  total: number | undefined
  /** The number that has to grow before the list can change; of a mailbox's own list the state of that list. */
  state: ListState | { change: number }
}

/** Messages and summaries that one query looks at, at most, while there is no index. */
const MOST_FOUND = 1_000_000
const MOST_OPENED = 100_000

/** The mailbox whose own list, newest first, answers the query: then its cost is that of the page. */
export function mailboxOfQuery({ filter, sort }: MessageQuery): number | undefined {
  if (!isNewestFirst(sort) || filter === null) return undefined
  if ('operator' in filter) {
    const [only, ...others] = filter.conditions
    return filter.operator === 'NOT' || only === undefined || others.length > 0
      ? undefined
      : mailboxOfQuery({ filter: only, sort, collapseThreads: false })
  }
  const { inMailbox, ...rest } = filter
  return Object.values(rest).every((value) => value === undefined) ? inMailbox : undefined
}

/**
 * Finds messages.
 * @returns undefined when the anchor is not in the list
 * @throws Refusal 'tooManyItems' when the query would look at too much, 'invalid' for a keyword
 */
export async function queryMessages(
  account: OpenAccount,
  query: MessageQuery,
  window: MessageWindow,
): Promise<MessageList | undefined> {
  const folderId = mailboxOfQuery(query)
  return folderId === undefined
    ? search(account, query, window)
    : listOfMailbox(account, { ...query, folderId }, window)
}

async function listOfMailbox(
  account: OpenAccount,
  list: { folderId: number; collapseThreads: boolean },
  { position: from, anchor, anchorOffset, limit }: MessageWindow,
): Promise<MessageList | undefined> {
  let position = from
  if (anchor !== undefined) {
    const at = await positionInFolder(account, list, anchor)
    if (at === undefined) return undefined
    position = Math.max(0, at + anchorOffset)
  } else if (position < 0)
    position = Math.max(0, position + ((await readPage(account, list, { offset: 0, limit: 0 }))?.total ?? 0))
  const page = await readPage(account, list, { offset: position, limit })
  return { ids: page?.ids ?? [], position, total: page?.total ?? 0, state: page?.state ?? { change: 0 } }
}

async function search(
  account: OpenAccount,
  query: MessageQuery,
  window: MessageWindow,
): Promise<MessageList | undefined> {
  // Before the search: a change in between is then told once more rather than never.
  const { items: change } = await kindState(account, MAIL)
  const context = { account, keywords: await readKeywords(account) }
  const plan = planFilter(query.filter, context)
  const order = planSort(query.sort, context, plan.also)
  const needsAll = window.anchor !== undefined || window.position < 0 || window.calculateTotal
  const enough = needsAll || !order.isNewestFirst ? Infinity : window.position + window.limit
  const ids = await find(account, plan, order, query.collapseThreads, enough)

  let { position } = window
  if (window.anchor !== undefined) {
    const at = ids.indexOf(window.anchor)
    if (at === -1) return undefined
    position = at + window.anchorOffset
  } else if (position < 0) position += ids.length
  position = Math.max(0, position)
  const total = enough === Infinity ? ids.length : undefined
  return { ids: ids.slice(position, position + window.limit), position, total, state: { change } }
}

/** The ids of the whole list, or its beginning with at least `enough` of them. */
async function find(
  account: OpenAccount,
  plan: Plan,
  order: SortPlan,
  collapse: boolean,
  enough: number,
): Promise<number[]> {
  const results: { id: number; threadId: number; keys: ReturnType<SortPlan['keysOf']> }[] = []
  const seenThreads = new Set<number>()
  const isRepeated = (threadId: number): boolean => seenThreads.has(threadId) || !seenThreads.add(threadId)
  const needsSummary = order.needsSummary || plan.rest !== undefined
  let seen = 0
  const walk = walkItems(account, { kind: MAIL, ...plan })
  for await (const found of needsSummary ? sliced(walk) : walk) {
    seen += found.length
    if (seen > (needsSummary ? MOST_OPENED : MOST_FOUND)) throw new Refusal('tooManyItems')
    const summaries = needsSummary
      ? await openSummaries(
          account,
          found.map(({ id }) => id),
        )
      : undefined
    for (const one of found) {
      const summary = summaries?.get(one.id)
      // Without one it was destroyed a moment ago.
      if (needsSummary && summary === undefined) continue
      if (plan.rest !== undefined && !plan.rest(one.also, summary as Summary)) continue
      const { id, threadId } = one
      if (!order.isNewestFirst) results.push({ id, threadId, keys: order.keysOf(one, summary) })
      else if (!collapse || !isRepeated(threadId)) results.push({ id, threadId, keys: NO_KEYS })
    }
    if (results.length >= enough) break
  }
  if (!order.isNewestFirst) results.sort((a, b) => order.compare(a.keys, b.keys))
  const shown = collapse && !order.isNewestFirst ? results.filter(({ threadId }) => !isRepeated(threadId)) : results
  return shown.map(({ id }) => id)
}

const NO_KEYS: never[] = []

/** Summaries opened at one go: a few milliseconds, in which nobody else is served. */
const SLICE = 250

async function* sliced(pieces: AsyncIterable<Found[]>): AsyncGenerator<Found[]> {
  for await (const piece of pieces) for (let at = 0; at < piece.length; at += SLICE) yield piece.slice(at, at + SLICE)
}
