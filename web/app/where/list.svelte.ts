import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Fate, Id, Story } from '../jmap/types.ts'
import { block, blocksOf } from '../mail/rows.ts'
import type { Listed } from '../mail/rows.ts'

/** Held ones that stand above all others. */
const mostHeld = 200

/** Under what the held ones stand. */
export const heldGroup = 'held'

export interface StoryRow {
  id: Id
  story: Story
  /** When something was last heard of it. */
  receivedAt: string
}

/** Which stories are wanted; undefined for all. */
export interface Wanted {
  text: string
  way: Story['way'] | undefined
  fates: Fate[] | undefined
}

/** What became of letters: those that wait for a decision first, then the newest. Loaded where they are looked at. */
export class StoryList implements Listed<StoryRow> {
  total: number = $state(0)
  rows: ReadonlyMap<number, StoryRow> = $state.raw(new Map())
  status: 'waiting' | 'ready' | 'failed' = $state('waiting')
  readonly allHidden = false

  #wanted: Wanted
  #ids: readonly Id[] = []
  #known = new Map<Id, StoryRow>()
  /** Blocks asked for since the last refresh. */
  #asked = new Set<number>()
  #looked = { from: 0, to: block - 1 }
  #generation = 0

  constructor(wanted: Wanted) {
    this.#wanted = wanted
  }

  isHidden(): boolean {
    return false
  }

  groupOf({ story }: StoryRow): string | undefined {
    return story.fate === 'held' ? heldGroup : undefined
  }

  find(id: Id): Story | undefined {
    return this.#known.get(id)?.story
  }

  positionOf(id: Id): number {
    return this.#ids.indexOf(id)
  }

  /** Shows others. */
  ask(wanted: Wanted): void {
    this.#wanted = wanted
    void this.refresh()
  }

  /** Asks anew which there are, and for those that are looked at. */
  async refresh(): Promise<void> {
    const generation = ++this.#generation
    const { text, way, fates } = this.#wanted
    const filter = {
      ...(text.trim() === '' ? {} : { text }),
      ...(way === undefined ? {} : { way }),
      ...(fates === undefined ? {} : { fates }),
    }
    const first = fates === undefined && way !== 'out'
    try {
      const [held, all] = await Promise.all([
        first ? call('Story/query', { filter: { ...filter, fates: ['held'] }, limit: mostHeld }) : { ids: [] },
        call('Story/query', { filter }),
      ])
      const ids = [...new Set([...held.ids, ...all.ids])]
      if (generation !== this.#generation) return
      const begin = Math.min(this.#looked.from, Math.max(0, ids.length - block))
      const [from, to] = [begin - (begin % block), this.#looked.to]
      const list = await this.#fetch(ids.slice(from, to + 1))
      if (generation !== this.#generation) return
      this.#ids = ids
      this.#asked = new Set(blocksOf(from, to))
      const here = new Set(ids)
      for (const id of this.#known.keys()) if (!here.has(id)) this.#known.delete(id)
      this.#take(list)
      this.status = 'ready'
    } catch (error) {
      this.#failed(error)
    }
  }

  /** Says which rows are looked at; loads those that are missing or old. */
  async look(from: number, to: number): Promise<void> {
    this.#looked = { from, to: Math.max(to, from + block - 1) }
    if (this.status !== 'ready') return
    const generation = this.#generation
    const missing = blocksOf(from, Math.min(to, this.#ids.length - 1)).filter((start) => !this.#asked.has(start))
    for (const start of missing) this.#asked.add(start)
    try {
      const wanted = missing.flatMap((start) => this.#ids.slice(start, start + block))
      if (wanted.length === 0) return
      const list = await this.#fetch(wanted)
      if (generation === this.#generation) this.#take(list)
    } catch (error) {
      for (const start of missing) this.#asked.delete(start)
      this.#failed(error)
    }
  }

  async #fetch(ids: readonly Id[]): Promise<readonly Story[]> {
    return ids.length === 0 ? [] : (await call('Story/get', { ids: [...ids] })).list
  }

  #take(list: readonly Story[]): void {
    for (const story of list) this.#known.set(story.id, { id: story.id, story, receivedAt: story.at })
    const rows = new Map<number, StoryRow>()
    for (const [position, id] of this.#ids.entries()) {
      const row = this.#known.get(id)
      if (row) rows.set(position, row)
    }
    this.rows = rows
    this.total = this.#ids.length
  }

  #failed(error: unknown): void {
    if (!(error instanceof Failure)) throw error
    if (this.status !== 'ready') this.status = 'failed'
  }
}
