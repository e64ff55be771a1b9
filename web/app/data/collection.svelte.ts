import { SvelteMap } from 'svelte/reactivity'
import { call, limit, session } from '../jmap/client.svelte.ts'
import { Failure, failedWith } from '../jmap/failure.ts'
import type { Id, Patch, RecordType, Records } from '../jmap/types.ts'
import { chunks } from './emails.ts'

const followers = new Map<string, () => Promise<void>>()

/** Calls `changed` when things of this type have changed on the server. */
export function followType(type: string, changed: () => Promise<void>): void {
  followers.set(type, changed)
}

/** Tells whoever follows one of these types that it has changed on the server. */
export function tellChanged(types: Iterable<string>): void {
  for (const type of types) void followers.get(type)?.()
}

/** What an object is made of: of a masked address what it is to be, for the server makes the address. */
type Given<T extends RecordType> = T extends 'MaskedAddress'
  ? { name: string; prefix: string | null; domain: string | null }
  : Omit<Records[T], 'id' | 'createdAt' | 'mayDelete' | 'threadId'>

/** All objects of a small type, kept as the server has them from the first time they are asked for. */
export class Collection<T extends RecordType> {
  readonly all = new SvelteMap<Id, Records[T]>()
  status: 'unknown' | 'loading' | 'ready' | 'failed' = $state('unknown')
  readonly #type: T
  #state: string | undefined
  #loading: Promise<void> | undefined
  #syncing: Promise<void> = Promise.resolve()

  constructor(type: T) {
    this.#type = type
    followType(type, () => this.sync())
  }

  /** Loads them, once. Where the server does not know the type, there are none. */
  load(): Promise<void> {
    return (this.#loading ??= this.#load().finally(() => (this.#loading = undefined)))
  }

  async #load(): Promise<void> {
    if (this.status === 'ready') return
    if (!('urn:zegel:mail' in session().capabilities)) return
    this.status = 'loading'
    try {
      await this.#loadAll()
      this.status = 'ready'
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      this.status = 'failed'
    }
  }

  /** Takes over what has changed. One after another: an answer that overtakes a later one would put back what is gone. */
  sync(): Promise<void> {
    return (this.#syncing = this.#syncing.catch(() => {}).then(() => this.#sync()))
  }

  async #sync(): Promise<void> {
    if (this.status === 'unknown') return
    if (this.status === 'failed') return this.load()
    try {
      await this.#changes()
    } catch (error) {
      if (failedWith(error, 'cannotCalculateChanges')) await this.#loadAll().catch(() => {})
      else if (!(error instanceof Failure)) throw error
      // Anything else is an outage; the next push or look syncs again.
    }
  }

  /** @returns its id @throws Failure 'declined' */
  async create(value: Given<T>): Promise<Id> {
    const { created, notCreated } = await call(`${this.#type}/set`, { create: { made: value } })
    const id = created?.['made']?.id
    if (id === undefined) throw new Failure('declined', notCreated?.['made']?.type)
    await this.sync()
    return id
  }

  /** @throws Failure 'declined' */
  async update(id: Id, patch: Patch): Promise<void> {
    const { notUpdated } = await call(`${this.#type}/set`, { update: { [id]: patch } })
    if (notUpdated?.[id]) throw new Failure('declined', notUpdated[id].type)
    await this.sync()
  }

  /** @throws Failure 'declined' */
  async destroy(id: Id): Promise<void> {
    const { notDestroyed } = await call(`${this.#type}/set`, { destroy: [id] })
    const error = notDestroyed?.[id]
    if (error && error.type !== 'notFound') throw new Failure('declined', error.type)
    this.all.delete(id)
    await this.sync()
  }

  async #loadAll(): Promise<void> {
    const { list, state } = await call(`${this.#type}/get`, { ids: null })
    const here = new Set(list.map(({ id }) => id))
    for (const id of this.all.keys()) if (!here.has(id)) this.all.delete(id)
    this.#keep(list)
    this.#state = state
  }

  async #changes(): Promise<void> {
    for (let more = this.#state !== undefined; more && this.#state !== undefined;) {
      const changes = await call(`${this.#type}/changes`, { sinceState: this.#state })
      for (const id of changes.destroyed) this.all.delete(id)
      for (const ids of chunks([...changes.created, ...changes.updated], limit('maxObjectsInGet')))
        this.#keep((await call(`${this.#type}/get`, { ids })).list)
      this.#state = changes.newState
      more = changes.hasMoreChanges
    }
  }

  #keep(list: readonly { id: Id }[]): void {
    for (const one of list) this.all.set(one.id, one as Records[T])
  }
}
