import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Deletion, Id } from '../jmap/types.ts'

/** Deletions that are asked for at a time. */
const page = 60

/** The deletions of the restorable days, the last first; more of them when asked for. */
export class Deletions {
  list: readonly Deletion[] = $state.raw([])
  hasMore: boolean = $state(false)
  status: 'waiting' | 'ready' | 'failed' = $state('waiting')
  #by: Id | undefined
  #generation = 0

  /** Shows those by one device, or all. */
  ask(by: Id | undefined): void {
    if (by !== this.#by) {
      this.#by = by
      this.list = []
      this.status = 'waiting'
    }
    void this.refresh()
  }

  /** Asks anew for as many as are shown. */
  async refresh(): Promise<void> {
    const generation = ++this.#generation
    try {
      const wanted = Math.max(page, this.list.length)
      const found: Deletion[] = []
      let last = page
      while (found.length < wanted && last === page) {
        const list = await load(found.length, this.#by)
        found.push(...list)
        last = list.length
      }
      if (generation !== this.#generation) return
      this.list = found
      this.hasMore = last === page
      this.status = 'ready'
    } catch (error) {
      this.#failed(error)
    }
  }

  async more(): Promise<void> {
    const generation = this.#generation
    try {
      const list = await load(this.list.length, this.#by)
      if (generation !== this.#generation) return
      const known = new Set(this.list.map(({ id }) => id))
      this.list = [...this.list, ...list.filter(({ id }) => !known.has(id))]
      this.hasMore = list.length === page
    } catch (error) {
      this.#failed(error)
    }
  }

  #failed(error: unknown): void {
    if (!(error instanceof Failure)) throw error
    if (this.status !== 'ready') this.status = 'failed'
  }
}

async function load(position: number, by: Id | undefined): Promise<Deletion[]> {
  const filter = by === undefined ? {} : { deviceId: by }
  const { ids } = await call('Deletion/query', { filter, position, limit: page })
  return ids.length === 0 ? [] : [...(await call('Deletion/get', { ids })).list]
}

/** One deletion; undefined when nothing of it can be brought back. @throws Failure */
export async function loadDeletion(id: Id): Promise<Deletion | undefined> {
  return (await call('Deletion/get', { ids: [id] })).list[0]
}
