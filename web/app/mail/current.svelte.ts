import { SvelteSet } from 'svelte/reactivity'
import { messagesOf } from '../data/emails.ts'
import { withRole } from '../data/mailboxes.ts'
import type { Id } from '../jmap/types.ts'
import { go, here } from '../shell/route.svelte.ts'
import type { Target } from './perform.ts'
import { listOf } from './list.svelte.ts'
import type { List, Row } from './list.svelte.ts'
import { sourceOf } from './names.ts'
import type { Narrowing, View } from './view.ts'

/** What the mail page shows now, read from the address line. */
const view: View | undefined = $derived.by(() => {
  const place = here()
  const source = place.page === 'mail' ? sourceOf(place.where) : undefined
  return source && { source, only: place.page === 'mail' ? place.only : undefined }
})
const key = $derived(view && JSON.stringify([view.source, view.only]))
const list: List | undefined = $derived(key !== undefined && view ? listOf(view) : undefined)

export function currentList(): List | undefined {
  return list
}

/** The conversation that is open. */
export function openThread(): Id | undefined {
  const place = here()
  return place.page === 'mail' ? place.thread : undefined
}

/** Opens a conversation of the list, or closes the one that is open. */
export function open(thread: Id | undefined): void {
  const place = here()
  const draft = thread === undefined ? undefined : draftOf(thread)
  if (place.page === 'mail' && draft !== undefined) return go({ ...place, thread: undefined, write: draft })
  // Going from letter to letter leaves one step for the back button, which leads to the list.
  if (place.page === 'mail') go({ ...place, thread }, place.thread !== undefined)
}

/** Among the drafts, a conversation stands for the draft in it, which is written on. */
function draftOf(thread: Id): Id | undefined {
  if (list?.view.source.kind !== 'mailbox' || list.view.source.id !== withRole('drafts')?.id) return undefined
  const draft = messagesOf(thread).findLast((email) => email.keywords['$draft'])
  return draft?.id
}

export function narrow(only: Narrowing | undefined): void {
  const place = here()
  if (place.page === 'mail') go({ ...place, only, thread: undefined }, true)
}

interface Cursor {
  position: number
  threadId: Id | undefined
}

/** The row the keys act on. It stays with its conversation while rows come and go above it. */
export const cursor: Cursor = $state({ position: 0, threadId: undefined })

export function moveCursor(position: number): void {
  const at = list?.near(position, 1) ?? list?.near(position, -1)
  if (at === undefined) return
  cursor.position = at
  cursor.threadId = list?.rows.get(at)?.threadId
}

/**
 * Puts the cursor back on its conversation after rows have changed, or on the next one when that has gone. Of the one that is open it keeps
 * hold: what is undone may be missing for a moment, and keys are meant for what is read.
 */
export function followCursor(): void {
  if (!list) return
  const at = cursor.threadId === undefined ? -1 : list.positionOf(cursor.threadId)
  const row = list.rows.get(at)
  if (row && !list.isHidden(row)) cursor.position = at
  else if (cursor.threadId === undefined || cursor.threadId !== openThread())
    moveCursor(Math.min(cursor.position, Math.max(0, list.total - 1)))
}

interface Selection {
  /** Every letter of the list, those not loaded too. */
  all: boolean
  /** Choosing by tapping rows. */
  choosing: boolean
  /** Where a range begins. */
  from: number
}

export const selected = new SvelteSet<Id>()
export const selection: Selection = $state({ all: false, choosing: false, from: 0 })

export function isSelecting(): boolean {
  return selection.all || selected.size > 0
}

export function clearSelection(): void {
  selected.clear()
  selection.all = false
  selection.choosing = false
}

export function selectOnly(threads: readonly Id[]): void {
  clearSelection()
  for (const id of threads) selected.add(id)
}

export function toggle(position: number): void {
  const row = list?.rows.get(position)
  if (!row) return
  selection.all = false
  if (!selected.delete(row.threadId)) selected.add(row.threadId)
  selection.from = position
}

/** A longer range would have to be loaded whole; selecting all of the folder needs no loading. */
const longestRange = 500

/** Selects every row from the last one chosen to this one. */
export async function selectTo(position: number): Promise<void> {
  if (!list) return
  const { from } = selection
  const to = Math.max(from - longestRange, Math.min(from + longestRange, position))
  const [first, last] = [Math.min(from, to), Math.max(from, to)]
  const rows: Row[] = await list.range(first, last)
  for (const row of rows) selected.add(row.threadId)
}

/** Selects the rows that are here, which are those that were looked at. */
export function selectLoaded(): void {
  for (const row of list?.rows.values() ?? []) if (!list?.isHidden(row)) selected.add(row.threadId)
}

/** What an act is done to: the selection, else the open letter while it is read, else the row of the cursor. */
export function target(reading: boolean): Target | undefined {
  if (!list) return undefined
  if (isSelecting()) return { list, threads: [...selected], all: selection.all }
  const open = openThread()
  if (open !== undefined && (reading || cursor.threadId === open || list.positionOf(open) === cursor.position))
    return { list, threads: [open], all: false }
  const row = list.rows.get(cursor.position)
  return row && !list.isHidden(row) ? { list, threads: [row.threadId], all: false } : undefined
}

/** Opens the conversation `step` rows on from the open one. */
export async function openNext(step: 1 | -1): Promise<void> {
  const open_ = openThread()
  if (!list || open_ === undefined) return
  const at = list.positionOf(open_)
  const next = list.near((at < 0 ? cursor.position : at) + step, step)
  if (next === undefined) return
  const [row] = await list.range(next, next)
  if (!row) return
  moveCursor(next)
  open(row.threadId)
}

/** Whether what is acted on stands in the mailbox of what was put off. */
export function inSnoozed({ list: { view } }: Target): boolean {
  return view.source.kind === 'mailbox' && view.source.id === withRole('snoozed')?.id
}

/** Whether every letter acted on has the keyword, so that acting takes it away. */
export function allHave(target: Target, keyword: string): boolean {
  return !target.all && target.threads.every((id) => messagesOf(id).some((email) => email.keywords[keyword]))
}

export function anyUnread(target: Target): boolean {
  return target.all || target.threads.some((id) => messagesOf(id).some((email) => !email.keywords['$seen']))
}
