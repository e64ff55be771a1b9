/** `\Deleted` of a placement, beside the flags of its item (flags.ts), in the column of a view. */
export const DELETED = 1 << 30

/** A row as it comes from the database. */
export interface Row {
  uid: number
  item: number
  flags: number
  /** MODSEQ: the last number that touched the placement or its item. */
  change: number
  /** Seconds since 1970: of the item, and of its coming into this folder. */
  receivedAt: number
  savedAt: number
  size: number
  keywords: readonly number[]
}

const COLUMNS = {
  uids: Uint32Array,
  items: Float64Array,
  flags: Int32Array,
  changes: Float64Array,
  receivedAt: Uint32Array,
  savedAt: Uint32Array,
  sizes: Float64Array,
  keywordSets: Uint32Array,
} as const

type Columns = { -readonly [Name in keyof typeof COLUMNS]: InstanceType<(typeof COLUMNS)[Name]> }

/**
 * What stands in a folder, in the order of the UIDs: column by column, 44 bytes a row. What comes is put behind; when
 * something goes, other rows take the place of these, so that whoever still looks at the old ones can go on.
 */
export class Rows {
  length = 0
  readonly #columns: Columns
  /** The keywords of a row are one of these; the first has none. */
  readonly #sets: (readonly number[])[]
  readonly #numberOfSet: Map<string, number>

  constructor(capacity: number, sets: { list: (readonly number[])[]; numbers: Map<string, number> } = noSets()) {
    this.#columns = Object.fromEntries(
      Object.entries(COLUMNS).map(([name, Column]) => [name, new Column(capacity)]),
    ) as Columns
    this.#sets = sets.list
    this.#numberOfSet = sets.numbers
  }

  get uids(): Uint32Array {
    return this.#columns.uids
  }
  get items(): Float64Array {
    return this.#columns.items
  }
  get flags(): Int32Array {
    return this.#columns.flags
  }
  get changes(): Float64Array {
    return this.#columns.changes
  }
  get receivedAt(): Uint32Array {
    return this.#columns.receivedAt
  }
  get savedAt(): Uint32Array {
    return this.#columns.savedAt
  }
  get sizes(): Float64Array {
    return this.#columns.sizes
  }
  keywordsAt(index: number): readonly number[] {
    return this.#sets[this.#columns.keywordSets[index] as number] as readonly number[]
  }
  /** Numbers of all keywords that rows have, or have had. */
  get keywords(): Set<number> {
    return new Set(this.#sets.flat())
  }
  get capacity(): number {
    return this.#columns.uids.length
  }

  /** The place of a UID; -1 when it is not there. */
  indexOf(uid: number): number {
    const index = this.firstFrom(uid)
    return index < this.length && this.uids[index] === uid ? index : -1
  }

  /** The place of the first UID that is this one or greater. */
  firstFrom(uid: number): number {
    let [low, high] = [0, this.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.uids[middle] as number) < uid) low = middle + 1
      else high = middle
    }
    return low
  }

  set(index: number, row: Row): void {
    const columns = this.#columns
    columns.uids[index] = row.uid
    columns.items[index] = row.item
    columns.flags[index] = row.flags
    columns.changes[index] = row.change
    columns.receivedAt[index] = row.receivedAt
    columns.savedAt[index] = row.savedAt
    columns.sizes[index] = row.size
    this.setKeywords(index, row.keywords)
  }

  setKeywords(index: number, keywords: readonly number[]): void {
    this.#columns.keywordSets[index] = this.#setOf(keywords)
  }

  #setOf(keywords: readonly number[]): number {
    const key = keywords.join()
    let number = this.#numberOfSet.get(key)
    if (number === undefined) {
      number = this.#sets.push(keywords) - 1
      this.#numberOfSet.set(key, number)
    }
    return number
  }

  /** The same rows with room for more, without those at these places. */
  without(gone: ReadonlySet<number>, room: number): Rows {
    const left = this.length - gone.size
    const rows = new Rows(left + Math.max(room, 64 + (left >>> 3)), { list: this.#sets, numbers: this.#numberOfSet })
    let to = 0
    for (let from = 0; from < this.length;) {
      if (gone.has(from)) {
        from++
        continue
      }
      let end = from + 1
      while (end < this.length && !gone.has(end)) end++
      for (const name of Object.keys(COLUMNS) as (keyof Columns)[])
        rows.#columns[name].set(this.#columns[name].subarray(from, end), to)
      to += end - from
      from = end
    }
    rows.length = to
    return rows
  }
}

const noSets = (): { list: (readonly number[])[]; numbers: Map<string, number> } => ({
  list: [[]],
  numbers: new Map([['', 0]]),
})
