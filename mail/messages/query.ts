import { kindState, positionInFolder, readPage, type ListState } from '#items'
import type { OpenAccount } from '#storage'
import { MAIL } from '../kind.ts'
import { countMessages, countOnce } from './count.ts'
import { findMessages } from './find.ts'
import type { MessageFilter } from './filter.ts'
import { planQuery } from './plan.ts'
import { isNewestFirst, type MessageOrder } from './sort.ts'

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
  const plan = await planQuery(account, query)
  // Whoever wants the end of the list, or another order, needs all of it.
  const needsAll = window.anchor !== undefined || window.position < 0 || !plan.isNewestFirst
  const ids = await findMessages(account, plan, needsAll ? Infinity : window.position + window.limit)
  const count = async (): Promise<number | undefined> => {
    if (needsAll) return ids.length
    if (!window.calculateTotal) return undefined
    // The list ended before the window did.
    if (ids.length < window.position + window.limit) return ids.length
    const counted = (): Promise<number> => countMessages(account, plan)
    // Indexing goes on without a change number: what it knows now is remembered when it knows all.
    return plan.waiting === undefined ? countOnce(account, change, JSON.stringify(query), counted) : counted()
  }
  const total = await count()

  let { position } = window
  if (window.anchor !== undefined) {
    const at = ids.indexOf(window.anchor)
    if (at === -1) return undefined
    position = at + window.anchorOffset
  } else if (position < 0) position += ids.length
  position = Math.max(0, position)
  return { ids: ids.slice(position, position + window.limit), position, total, state: { change } }
}
