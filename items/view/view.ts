import { Refusal } from '#system'
import type { OpenAccount } from '#storage'
import { loadDifference, loadRows, type FolderState } from './load.ts'
import { Rows } from './rows.ts'

/** What has become of a folder: UIDs in their order. */
export interface Delta {
  vanished: number[]
  came: number[]
  /** Whose flags are others. */
  changed: number[]
  /** Of which the change number alone is another: copied elsewhere, say. */
  stamped: number[]
}

/** A folder that somebody looks at, kept up to date as long as anybody does. Shared by all who look. */
export interface FolderView extends FolderState {
  readonly folderId: number
  /** Replaced when something goes; whoever holds on to rows must expect so. */
  readonly rows: Rows
  /** The folder was removed. */
  readonly isGone: boolean
  /** Resolves when the view has everything that was committed before the call. */
  refresh(): Promise<void>
  /** Called after each refresh that found something. Returns how to stop. */
  watch(hear: (delta: Delta) => void): () => void
  /** Says that one fewer looks. */
  close(): void
}

/** Views that nobody looks at are kept for whoever comes back: so many rows, all accounts of a process together. */
const KEPT_ROWS = 1_000_000
const KEPT_VIEWS = 2000

class View implements FolderView {
  readonly folderId: number
  rows = new Rows(0)
  uidValidity = 0
  uidNext = 1
  change = 0
  isGone = false
  viewers = 0
  readonly key: string
  readonly #account: OpenAccount
  readonly #kind: string
  readonly #hearers = new Set<(delta: Delta) => void>()
  #stop: (() => void) | undefined
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined
  #isStale = false

  constructor(account: OpenAccount, kind: string, folderId: number, key: string) {
    this.#account = account
    this.#kind = kind
    this.folderId = folderId
    this.key = key
  }

  async load(): Promise<this> {
    // Listening first: what is committed while it loads is looked at once more.
    this.#stop = this.#account.listen(() => this.#hear())
    try {
      Object.assign(this, await loadRows(this.#account, this.folderId))
    } catch (error) {
      this.#stop()
      throw error
    }
    return this
  }

  /** While nobody looks a change is only noted. */
  #hear(): void {
    this.#isStale = true
    if (this.viewers > 0) this.refresh().catch(() => undefined)
  }

  refresh(): Promise<void> {
    if (this.#running === undefined) return (this.#running = this.#refresh().finally(() => (this.#running = undefined)))
    // What is running may have read before what the caller has written.
    this.#next ??= this.#running
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined
        return this.refresh()
      })
    return this.#next
  }

  async #refresh(): Promise<void> {
    this.#isStale = false
    try {
      const difference = await loadDifference(this.#account, this.#kind, this.folderId, this.change)
      if (difference === undefined) return await this.#startAgain()
      const { rows: fresh, vanished, ...state } = difference
      Object.assign(this, state)
      const gone = new Set(vanished.map((uid) => this.rows.indexOf(uid)).filter((index) => index !== -1))
      const delta: Delta = {
        ...nothingNew(),
        vanished: vanished.filter((uid) => this.rows.indexOf(uid) !== -1),
      }
      if (gone.size > 0) this.rows = this.rows.without(gone, fresh.length)
      if (this.rows.length + fresh.length > this.rows.capacity) this.rows = this.rows.without(new Set(), fresh.length)
      for (const row of fresh) {
        const index = this.rows.indexOf(row.uid)
        if (index === -1) {
          this.rows.set(this.rows.length, row)
          this.rows.length++
          delta.came.push(row.uid)
        } else if ((this.rows.changes[index] as number) < row.change) {
          const isFlagged =
            this.rows.flags[index] !== row.flags || this.rows.keywordsAt(index).join() !== row.keywords.join()
          this.rows.set(index, row)
          delta[isFlagged ? 'changed' : 'stamped'].push(row.uid)
        }
      }
      this.#tell(delta)
    } catch (error) {
      this.#isStale = true
      if (!(error instanceof Refusal && error.reason === 'notFound')) throw error
      this.isGone = true
      this.#tell(nothingNew(), true)
    }
  }

  /** Too long has passed to be told of each change: everything is read, and compared. */
  async #startAgain(): Promise<void> {
    const before = this.rows
    Object.assign(this, await loadRows(this.#account, this.folderId))
    const { rows } = this
    const delta = nothingNew()
    for (let index = 0; index < before.length; index++)
      if (rows.indexOf(before.uids[index] as number) === -1) delta.vanished.push(before.uids[index] as number)
    for (let index = 0; index < rows.length; index++) {
      const old = before.indexOf(rows.uids[index] as number)
      if (old === -1) delta.came.push(rows.uids[index] as number)
      else if (before.changes[old] !== rows.changes[index]) delta.changed.push(rows.uids[index] as number)
    }
    this.#tell(delta)
  }

  #tell(delta: Delta, isAboutItself = false): void {
    if (!isAboutItself && Object.values(delta).every((uids: number[]) => uids.length === 0)) return
    for (const hear of this.#hearers) hear(delta)
  }

  watch(hear: (delta: Delta) => void): () => void {
    this.#hearers.add(hear)
    return () => void this.#hearers.delete(hear)
  }

  get isStale(): boolean {
    return this.#isStale
  }

  close(): void {
    if (--this.viewers > 0) return
    if (this.isGone) drop(this)
    else keep(this)
  }

  forget(): void {
    this.#stop?.()
  }
}

const nothingNew = (): Delta => ({ vanished: [], came: [], changed: [], stamped: [] })

const views = new Map<string, Promise<View>>()
/** Views that nobody looks at, the one that was left first in front. */
const kept = new Map<string, View>()

function keep(view: View): void {
  kept.set(view.key, view)
  let rows = [...kept.values()].reduce((sum, one) => sum + one.rows.capacity, 0)
  for (const [key, one] of kept) {
    if (rows <= KEPT_ROWS && kept.size <= KEPT_VIEWS) return
    kept.delete(key)
    rows -= one.rows.capacity
    drop(one)
  }
}

function drop(view: View): void {
  view.forget()
  kept.delete(view.key)
  views.delete(view.key)
}

const numbers = new WeakMap<OpenAccount['sql'], number>()
let lastNumber = 0

/** Tells the databases of one process apart (tests run several). */
function numberOf(sql: OpenAccount['sql']): number {
  const number = numbers.get(sql) ?? ++lastNumber
  numbers.set(sql, number)
  return number
}

/** Looks at a folder. @throws Refusal 'notFound' */
export async function openView(account: OpenAccount, kind: string, folderId: number): Promise<FolderView> {
  const key = `${numberOf(account.sql)}/${account.id}/${folderId}`
  let opening = views.get(key)
  if (opening === undefined) {
    opening = new View(account, kind, folderId, key).load()
    views.set(key, opening)
    opening.catch(() => views.delete(key))
  }
  const view = await opening
  view.viewers++
  kept.delete(key)
  if (view.isStale) await view.refresh()
  if (!view.isGone) return view
  view.close()
  throw new Refusal('notFound')
}
