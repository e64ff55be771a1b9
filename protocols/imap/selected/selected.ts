import type { Delta, FolderView } from '#items'
import { placesIn, placesOfSpans, type Range, type SequenceSet } from '../input/sequence-set.ts'

/**
 * A mailbox as one session sees it: sequence numbers stay as they were told until something else is said, while the view
 * that all sessions share goes on. What has happened meanwhile waits here.
 */
export class Selected {
  readonly view: FolderView
  readonly isReadOnly: boolean
  /** The UIDs as they were told, in the order of their sequence numbers: those up to `count`. Shared with the view. */
  uids: Uint32Array
  count: number
  /** UIDs that the last search with SAVE found. RFC 9051 §6.4.4.1. */
  saved: number[] = []
  /** Said to the session once: flags that are new to it (RFC 9051 §7.3.5). */
  readonly toldKeywords = new Set<string>()
  /** The number up to which the session was told everything (HIGHESTMODSEQ for it). */
  toldChange: number
  /** Whether the session was told of a lower number than is true, for something was held back. */
  isBehind = false
  #vanished: number[] = []
  readonly #changed = new Set<number>()
  /** Those of which the change number alone is another. */
  readonly #stamped = new Set<number>()
  readonly #stop: () => void

  /** @param onNews  called whenever something has happened that the session was not told of */
  constructor(view: FolderView, isReadOnly: boolean, onNews: () => void) {
    this.view = view
    this.isReadOnly = isReadOnly
    this.uids = view.rows.uids
    this.count = view.rows.length
    this.toldChange = view.change
    this.#stop = view.watch((delta) => {
      this.#note(delta)
      onNews()
    })
  }

  #note({ vanished, changed, stamped }: Delta): void {
    for (const uid of vanished)
      if (this.placeOf(uid) !== -1) {
        this.#vanished.push(uid)
        this.#changed.delete(uid)
        this.#stamped.delete(uid)
      }
    for (const uid of changed) if (this.placeOf(uid) !== -1) this.#changed.add(uid)
    for (const uid of stamped) if (this.placeOf(uid) !== -1) this.#stamped.add(uid)
  }

  /** The place (sequence number less one) of a UID that was told; -1 when none such was. */
  placeOf(uid: number): number {
    const [place] = placesIn([[uid, uid]], this.uids, this.count, 0)
    return place ?? -1
  }

  get lastUid(): number {
    return this.count === 0 ? 0 : (this.uids[this.count - 1] as number)
  }

  /** The UIDs that a set names, ascending; those that are not there are left out. */
  uidsOf(set: SequenceSet, byUid: boolean): number[] {
    if (set === '$') return this.saved.filter((uid) => this.placeOf(uid) !== -1)
    return this.placesOf(set, byUid).map((place) => this.uids[place] as number)
  }

  placesOf(set: Range[], byUid: boolean): number[] {
    if (byUid) return placesIn(set, this.uids, this.count, this.lastUid)
    const number = (given: number): number => (given === Infinity ? this.count : given)
    const spans = set.map(([a, b]): Range => {
      const [one, other] = [number(a), number(b)]
      return [Math.max(0, Math.min(one, other) - 1), Math.min(Math.max(one, other), this.count)]
    })
    return placesOfSpans(spans)
  }

  /** Whether a set names sequence numbers that there are none of. */
  isBeyond(set: SequenceSet): boolean {
    return (
      set !== '$' &&
      set.some(([a, b]) => Math.max(finite(a), finite(b)) > this.count || (this.count === 0 && set.length > 0))
    )
  }

  get hasNews(): boolean {
    return (
      this.isHoldingBack ||
      this.#changed.size > 0 ||
      this.#stamped.size > 0 ||
      this.view.rows.length !== this.count ||
      this.view.isGone
    )
  }

  /** Whether something has gone that the session was not told of. */
  get isHoldingBack(): boolean {
    return this.#vanished.length > 0
  }

  /** What has gone since it was last asked, ascending; the numbers of all others move up. */
  takeVanished(): { uids: number[]; places: number[] } {
    const uids = this.#vanished.sort((a, b) => a - b)
    this.#vanished = []
    const places = uids.map((uid) => this.placeOf(uid))
    if (uids.length > 0) this.#catchUp(this.count - uids.length)
    return { uids, places }
  }

  /** How many there are now, when that is news. While something gone was not told of, nothing is said to have come. */
  takeCount(): number | undefined {
    if (this.isHoldingBack || this.view.rows.length === this.count) return undefined
    this.#catchUp(this.view.rows.length)
    return this.count
  }

  #catchUp(count: number): void {
    this.uids = this.view.rows.uids
    this.count = count
  }

  /**
   * UIDs whose flags have changed and that are still there, ascending.
   * @param stamped  those too of which the change number alone is another
   */
  takeChanged({ stamped }: { stamped: boolean }): number[] {
    const uids = stamped ? this.#changed.union(this.#stamped) : this.#changed
    const there = [...uids].filter((uid) => this.view.rows.indexOf(uid) !== -1).sort((a, b) => a - b)
    this.#changed.clear()
    this.#stamped.clear()
    return there
  }

  /** Of these, the session need not be told: it knows. */
  forgetChanged(uids: Iterable<number>): void {
    for (const uid of uids) {
      this.#changed.delete(uid)
      this.#stamped.delete(uid)
    }
  }

  close(): void {
    this.#stop()
    this.view.close()
  }
}

const finite = (number: number): number => (number === Infinity ? 0 : number)
