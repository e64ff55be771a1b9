import { SvelteSet } from 'svelte/reactivity'
import { conversations, emails, isHere, loadWithThreads } from '../data/emails.ts'
import { snoozeOf } from '../data/later.ts'
import { withRole } from '../data/mailboxes.ts'
import { call } from '../jmap/client.svelte.ts'
import { Failure, failedWith } from '../jmap/failure.ts'
import type { EmailFilter, Id } from '../jmap/types.ts'
import { searchFilter } from '../search/surroundings.ts'
import { filterOf, keyOf } from './view.ts'
import type { View } from './view.ts'

/** Rows are loaded in blocks of this many, aligned, so that scrolling asks for each once. */
const block = 64
/** Rows this far beyond the visible ones are loaded too, so that walking on does not wait for them. */
const ahead = 24
/** Beyond this many loaded rows those far from the visible ones are forgotten. */
const mostRows = 2048

/** So many conversations that were put off are loaded at once, to be put in order. */
const mostByReturn = 500

/** A conversation in a list, named by its newest message that fits the view. */
export interface Row {
  emailId: Id
  threadId: Id
  receivedAt: string
}

/** The first rows of a list, as the device keeps them. */
export interface KeptRows {
  rows: Row[]
}

/** The conversations of a view, loaded where they are looked at. */
export class List {
  readonly key: string
  readonly view: View
  /** How many there are, as the server last said. */
  total: number = $state(0)
  /** The rows that are here, by position on the server. Replaced whole, never changed in place. */
  #rows: ReadonlyMap<number, Row> = $state.raw(new Map())
  /** What was put off stands in the order in which it comes back; the server knows only that of arrival. */
  readonly byReturn: boolean = $derived.by(() => {
    const { source, only } = this.view
    return source.kind === 'mailbox' && only === undefined && source.id === withRole('snoozed')?.id
  })
  /** The rows that are here, by position. */
  readonly rows: ReadonlyMap<number, Row> = $derived.by(() =>
    this.byReturn && this.#rows.size >= this.total ? inOrderOfReturn(this.#rows) : this.#rows,
  )
  status: 'waiting' | 'ready' | 'failed' = $state('waiting')
  failure: Failure | undefined = $state()
  /** Rows taken away before the server has confirmed it, by message; they keep their position until then. */
  readonly hidden = new SvelteSet<Id>()
  /** All of the folder has been taken away. */
  allHidden: boolean = $state(false)

  #queryState: string | undefined
  #wanted = { from: 0, to: 0 }
  #generation = 0
  #loading = false
  /** Undoings that are on their way. */
  #held = 0
  /** Blocks asked for already; one that came back with a gap is not asked for again before a refresh. */
  #asked = new Set<number>()

  constructor(view: View) {
    this.view = view
    this.key = keyOf(view)
  }

  get filter(): EmailFilter {
    const aside = [withRole('trash')?.id, withRole('junk')?.id].filter((id) => id !== undefined)
    return filterOf(this.view, aside, searchFilter)
  }

  /** When a letter came says nothing about when it comes back. */
  groupOf(): '' | undefined {
    return this.byReturn ? '' : undefined
  }

  isHidden(row: Row): boolean {
    return this.allHidden || this.hidden.has(row.emailId)
  }

  /** Position of a conversation among the rows that are here, or -1. */
  positionOf(threadId: Id): number {
    for (const [position, row] of this.rows) if (row.threadId === threadId) return position
    return -1
  }

  /** The next row that is here and not hidden, from `position` on, in steps of `step`. */
  near(position: number, step: 1 | -1): number | undefined {
    for (let at = position; at >= 0 && at < this.total; at += step) {
      const row = this.rows.get(at)
      if (!row || !this.isHidden(row)) return at
    }
    return undefined
  }

  /** Says which rows are looked at; loads those that are missing. */
  async look(from: number, to: number): Promise<void> {
    this.#wanted = { from, to }
    if (this.#loading) return
    this.#loading = true
    try {
      for (;;) {
        const missing = this.#missing()
        if (missing === undefined) return
        await this.#load(missing)
      }
    } catch (error) {
      this.#failed(error)
    } finally {
      this.#loading = false
    }
  }

  /** The rows from one position to another, loaded if they must be. */
  async range(from: number, to: number): Promise<Row[]> {
    for (let at = from - (from % block); at <= to; at += block)
      if (!this.#has(Math.max(at, from), Math.min(at + block - 1, to))) await this.#load(at)
    const rows: Row[] = []
    for (let at = from; at <= to; at++) {
      const row = this.rows.get(at)
      if (row && !this.isHidden(row)) rows.push(row)
    }
    return rows
  }

  /**
   * Shows the rows as they are until what was undone is back on the server, which until then would have them leave once more: whoever
   * clicks would hit another. @throws what `undoing` throws
   */
  async hold(undoing: Promise<unknown>): Promise<void> {
    this.#held++
    this.#generation++
    try {
      await undoing
    } finally {
      this.#held--
      void this.refresh()
    }
  }

  /** Asks anew what is looked at, after mail has changed. What is hidden and no longer there is forgotten. */
  async refresh(): Promise<void> {
    if (this.#held > 0) return
    const generation = ++this.#generation
    const settled = [...this.hidden]
    const { from, to } = this.#wanted
    const count = this.byReturn ? mostByReturn : Math.max(block, to - from + 1 + block / 2)
    const anchor = this.rows.get(this.near(from, 1) ?? from)
    try {
      // Anchored at the first visible row, so that the window comes with it wherever it has moved to (RFC 8620 §5.5).
      const answer = await (from > 0 && anchor && !this.byReturn
        ? this.#query({ anchor: anchor.emailId, anchorOffset: -Math.min(from, block / 4), limit: count }).catch(
            (error: unknown) => {
              if (failedWith(error, 'anchorNotFound')) return this.#query({ position: from, limit: count })
              throw error
            },
          )
        : this.#query({ position: 0, limit: count }))
      await loadWithThreads(answer.ids.filter((id) => !isHere(id)))
      if (generation !== this.#generation) return
      this.#take(answer, true)
      for (const id of settled) if (!answer.ids.includes(id)) this.hidden.delete(id)
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Its first rows, for the device to keep; not of a search, which says what somebody looked for. */
  keep(): KeptRows | undefined {
    if (this.status !== 'ready' || this.view.source.kind === 'search') return undefined
    const rows: Row[] = []
    for (let at = 0; at < block; at++) {
      const row = this.rows.get(at)
      if (row && !this.isHidden(row)) rows.push(row)
    }
    return { rows }
  }

  /** Shows the rows that the device has kept; the list ends with them until the server answers. */
  restore({ rows }: KeptRows): void {
    this.#rows = new Map(rows.entries())
    this.total = rows.length
    this.status = 'ready'
  }

  #query(where: { position?: number; anchor?: Id; anchorOffset?: number; limit: number }) {
    return call('Email/query', {
      filter: this.filter,
      sort: [{ property: 'receivedAt', isAscending: false }],
      collapseThreads: true,
      calculateTotal: true,
      ...where,
    })
  }

  /** The first position of the first block that is not here whole: of those looked at, then of those beside them. */
  #missing(): number | undefined {
    const { from, to } = this.#wanted
    if (this.status !== 'ready') return this.#gap(from, from)
    return this.#gap(from, to) ?? this.#gap(to, to + ahead) ?? this.#gap(from - ahead, from)
  }

  #gap(from: number, to: number): number | undefined {
    for (let at = Math.max(0, from); at <= Math.min(to, this.status === 'ready' ? this.total - 1 : to); at++) {
      const start = at - (at % block)
      if (!this.rows.has(at) && !this.#asked.has(start)) return start
    }
    return undefined
  }

  #has(from: number, to: number): boolean {
    for (let at = from; at <= Math.min(to, this.total - 1); at++) if (!this.rows.has(at)) return false
    return true
  }

  async #load(position: number): Promise<void> {
    const generation = this.#generation
    this.#asked.add(position)
    const query = this.#query(this.byReturn ? { position: 0, limit: mostByReturn } : { position, limit: block })
    const [answer] = await Promise.all([query, conversations({ '#ids': query.ref('/ids') })])
    if (generation !== this.#generation) return
    const moved = this.#queryState !== undefined && this.#queryState !== answer.queryState
    this.#take(answer, moved)
  }

  /** Takes over a window. `alone` when the list has changed since the other rows came, which then may have moved. */
  #take(answer: { queryState: string; position: number; ids: Id[]; total?: number }, alone: boolean): void {
    const rows = new Map(alone ? [] : this.#rows)
    if (alone || rows.size > mostRows) this.#asked.clear()
    if (rows.size > mostRows)
      for (const position of rows.keys())
        if (Math.abs(position - this.#wanted.from) > mostRows / 4) rows.delete(position)
    for (const [offset, id] of answer.ids.entries()) {
      const email = emails.get(id)
      // A message that was destroyed between the two answers leaves its row unknown until the next refresh.
      if (email)
        rows.set(answer.position + offset, { emailId: id, threadId: email.threadId, receivedAt: email.receivedAt })
    }
    this.#queryState = answer.queryState
    this.total = answer.total ?? Math.max(this.total, answer.position + answer.ids.length)
    this.#rows = rows
    this.status = 'ready'
    this.failure = undefined
  }

  #failed(error: unknown): void {
    this.#asked.clear()
    if (!(error instanceof Failure)) throw error
    this.failure = error
    if (this.status !== 'ready') this.status = 'failed'
  }
}

/** Those of which nobody knows when they come back stand last. */
function inOrderOfReturn(rows: ReadonlyMap<number, Row>): ReadonlyMap<number, Row> {
  const never = '9999'
  const timed = [...rows.values()].map((row) => ({ row, at: snoozeOf(row.threadId)?.until ?? never }))
  return new Map(timed.sort((a, b) => a.at.localeCompare(b.at)).map(({ row }, position) => [position, row]))
}

const mostLists = 6
const lists: List[] = []

/** The list of a view; the last few are kept, so that going back shows at once what was there. */
export function listOf(view: View): List {
  const key = keyOf(view)
  const at = lists.findIndex((list) => list.key === key)
  const [list] = at < 0 ? [new List(view)] : lists.splice(at, 1)
  if (!list) throw new Error('unreachable')
  lists.unshift(list)
  lists.length = Math.min(lists.length, mostLists)
  return list
}

/** The lists that were looked at last, the newest first. */
export function keptLists(): readonly List[] {
  return lists
}

/** The conversations that any kept list shows. */
export function shownThreads(): Set<Id> {
  const shown = new Set<Id>()
  for (const list of lists) for (const row of list.rows.values()) shown.add(row.threadId)
  return shown
}
