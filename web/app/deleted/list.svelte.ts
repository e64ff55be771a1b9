import { SvelteSet } from 'svelte/reactivity'
import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { DeletedFilter, DeletedItem, Id } from '../jmap/types.ts'
import { block, blocksOf } from '../mail/rows.ts'
import type { Listed } from '../mail/rows.ts'

export interface DeletedRow {
  id: Id
  item: DeletedItem
  /** When it was deleted: the rows stand under the day of that. */
  receivedAt: string
}

/** Deleted things that meet a filter, the last deleted first. Loaded where they are looked at. */
export class DeletedList implements Listed<DeletedRow> {
  total: number = $state(0)
  rows: ReadonlyMap<number, DeletedRow> = $state.raw(new Map())
  status: 'waiting' | 'ready' | 'failed' = $state('waiting')
  readonly allHidden = false
  /** Those that are picked. */
  readonly picked = new SvelteSet<Id>()

  #filter: DeletedFilter
  #asked = new Set<number>()
  #looked = { from: 0, to: block - 1 }
  #generation = 0

  constructor(filter: DeletedFilter) {
    this.#filter = filter
  }

  isHidden(): boolean {
    return false
  }

  groupOf(): undefined {
    return undefined
  }

  positionOf(id: Id): number {
    for (const [position, row] of this.rows) if (row.id === id) return position
    return -1
  }

  /** Shows others. */
  ask(filter: DeletedFilter): void {
    this.#filter = filter
    this.picked.clear()
    void this.refresh()
  }

  /** Asks anew for what is looked at. */
  async refresh(): Promise<void> {
    const generation = ++this.#generation
    const { from, to } = this.#looked
    const starts = blocksOf(from, to)
    try {
      const pieces = await Promise.all(starts.map((start) => this.#fetch(start)))
      if (generation !== this.#generation) return
      this.#asked = new Set(starts)
      this.rows = new Map()
      for (const { start, list, total } of pieces) this.#take(start, list, total)
      this.status = 'ready'
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Says which rows are looked at; loads those that are missing. */
  async look(from: number, to: number): Promise<void> {
    this.#looked = { from, to: Math.max(to, from + block - 1) }
    if (this.status !== 'ready') return
    const generation = this.#generation
    const missing = blocksOf(from, Math.min(to, this.total - 1)).filter((start) => !this.#asked.has(start))
    for (const start of missing) this.#asked.add(start)
    try {
      for (const start of missing) {
        const piece = await this.#fetch(start)
        if (generation !== this.#generation) return
        this.#take(start, piece.list, piece.total)
      }
    } catch (error) {
      for (const start of missing) this.#asked.delete(start)
      this.#failed(error)
    }
  }

  async #fetch(start: number): Promise<{ start: number; list: readonly DeletedItem[]; total: number }> {
    const asked = { filter: this.#filter, position: start, limit: block, calculateTotal: true }
    const { ids, total = 0 } = await call('DeletedItem/query', asked)
    const list = ids.length === 0 ? [] : (await call('DeletedItem/get', { ids })).list
    return { start, list, total }
  }

  #take(start: number, list: readonly DeletedItem[], total: number): void {
    const rows = new Map(this.rows)
    list.forEach((item, at) => rows.set(start + at, { id: item.id, item, receivedAt: item.deletedAt }))
    this.rows = rows
    this.total = total
  }

  #failed(error: unknown): void {
    if (!(error instanceof Failure)) throw error
    if (this.status !== 'ready') this.status = 'failed'
  }
}
