import { group, grouper } from '../shell/dates.svelte.ts'
import { layOut } from './geometry.ts'
import type { Exception } from './geometry.ts'

/** Rows kept ready above and below the visible ones. */
const overscan = 6

/** What is laid out: rows by position, as far as they are here, most under the day of their time. */
export interface Rows<Row> {
  readonly total: number
  readonly rows: ReadonlyMap<number, Row>
  readonly allHidden: boolean
  isHidden(row: Row): boolean
  /** The heading a row stands under, in place of that of its day; '' for none. */
  groupOf(row: Row): string | undefined
}
interface Dated {
  receivedAt: string
}

/** A row that is drawn, in one of as many slots as are ever in sight: scrolling reuses them. */
export interface Slot<Row> {
  slot: number
  index: number
  row: Row | undefined
  /** Pixels from the top of the list. */
  top: number
}

/** Where the rows and day headings of a list stand, and which of them are in sight. */
export class Layout<Row extends Dated> {
  scrollTop: number = $state(0)
  viewport: number = $state(0)
  /** Heights as measured; 0 while the list is not displayed. */
  measuredRow: number = $state(0)
  measuredHeading: number = $state(0)

  readonly #list: () => Rows<Row>
  readonly rowHeight: number = $derived(this.measuredRow || 75)
  readonly headingHeight: number = $derived(this.measuredHeading || 28)
  readonly total: number = $derived.by(() => (this.#list().allHidden ? 0 : this.#list().total))
  readonly #headed = $derived.by(() => headings(this.#list()))
  readonly geometry = $derived.by(() => layOut(this.total, this.rowHeight, this.headingHeight, this.#headed.exceptions))
  readonly first: number = $derived.by(() => Math.max(0, this.geometry.at(this.scrollTop) - overscan))
  readonly last: number = $derived.by(() =>
    Math.min(this.total - 1, this.geometry.at(this.scrollTop + this.viewport) + overscan),
  )
  readonly slots: Slot<Row>[] = $derived.by(() => this.#slots())
  /** The heading that the first row in sight stands under, and which stays at the top of the list; '' for none. */
  readonly stuck: string = $derived.by(() => {
    const list = this.#list()
    const row = list.rows.get(this.#top)
    return row ? (list.groupOf(row) ?? group(new Date(row.receivedAt))) : ''
  })
  readonly #top: number = $derived.by(() => this.geometry.at(this.scrollTop + this.headingHeight))
  /** What each slot shows, so that a row that stays is not drawn again. */
  #drawn: Slot<Row>[] = []

  constructor(list: () => Rows<Row>) {
    this.#list = list
  }

  /** Where a row itself begins, below its heading. */
  body(index: number): number {
    return this.geometry.top(index) + (this.#headed.headings.has(index) ? this.headingHeight : 0)
  }

  /** The headings in sight. */
  get headings(): { group: string; top: number }[] {
    return [...this.#headed.headings]
      .filter(([index]) => index >= this.first && index <= this.last)
      .map(([index, group]) => ({ group, top: this.geometry.top(index) }))
  }

  #slots(): Slot<Row>[] {
    const { first, last } = this
    // Hidden rows take no slot of their own but widen the range.
    const count = Math.max(Math.ceil(this.viewport / this.rowHeight) + 2 * overscan + 2, last - first + 1)
    const slots: Slot<Row>[] = []
    for (let index = first; index <= last; index++) {
      const row = this.#list().rows.get(index)
      if (row && this.#list().isHidden(row)) continue
      const slot = index % count
      const top = this.body(index)
      const drawn = this.#drawn[slot]
      if (drawn?.index === index && drawn.row === row && drawn.top === top) slots.push(drawn)
      else slots.push((this.#drawn[slot] = { slot, index, row, top }))
    }
    return slots
  }
}

/** The groups of rows, as a grouper has told them: finding out the day of thousands takes a while. */
const groups = new WeakMap<ReturnType<typeof grouper>, WeakMap<Dated, string>>()

function groupsOf(groupOf: ReturnType<typeof grouper>): (row: Dated) => string {
  let known = groups.get(groupOf)
  if (!known) groups.set(groupOf, (known = new WeakMap()))
  return (row) => {
    let found = known.get(row)
    if (found === undefined) known.set(row, (found = groupOf(new Date(row.receivedAt))))
    return found
  }
}

/** The rows that begin a day, and those that are hidden. */
function headings<Row extends Dated>(list: Rows<Row>): { exceptions: Exception[]; headings: Map<number, string> } {
  const groupOf = groupsOf(grouper())
  const exceptions: Exception[] = []
  const found = new Map<number, string>()
  let before: { position: number; group: string } | undefined
  for (const position of [...list.rows.keys()].sort((a, b) => a - b)) {
    const row = list.rows.get(position)
    if (!row) continue
    const hidden = list.isHidden(row)
    const group = list.groupOf(row) ?? groupOf(row)
    // Whether a row begins a day is known only when the row before it is.
    const known = position === 0 || before?.position === position - 1
    const heading = !hidden && known && (before?.group ?? '') !== group
    if (heading) found.set(position, group)
    if (heading || hidden) exceptions.push({ index: position, heading, hidden })
    // A hidden row leaves its heading to the next one.
    before = { position, group: hidden ? (before?.group ?? (known ? '' : group)) : group }
  }
  return { exceptions, headings: found }
}
