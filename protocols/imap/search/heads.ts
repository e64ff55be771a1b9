import { setImmediate as turn } from 'node:timers/promises'
import type { FolderView } from '#items'
import { openMessages, type Summary } from '#mail'
import type { OpenAccount } from '#storage'
import type { Progress } from './progress.ts'

/** Something small that searching, sorting and threading want of the summary of a message, which never changes. */
export interface Derivation<T> {
  of(summary: Summary): T
  /** About how many bytes of memory it takes. */
  bytes(value: T): number
}

interface Column<T = unknown> {
  values: Map<number, T>
  bytes: number
}

/** Bytes of what was derived that are kept, all views of a process together; what was not asked for the longest goes first. */
const MOST_BYTES = 64 * 1024 * 1024
/** Of a place in a map. */
const ENTRY_BYTES = 40

/** Summaries opened at one go. */
const SLICE = 500

const columns = new WeakMap<FolderView, Map<object, Column>>()
const kept = new Set<Column>()
let bytesInAll = 0

/**
 * What is derived of messages, by item: opened once, and kept with the view as long as there is memory for it. Of those that have
 * gone nothing.
 */
export async function derive<T>(
  account: OpenAccount,
  view: FolderView,
  derivation: Derivation<T>,
  items: readonly number[],
  progress: Progress,
): Promise<ReadonlyMap<number, T>> {
  const column = columnOf(view, derivation)
  touch(column)
  const missing = items.filter((item) => !column.values.has(item))
  if (missing.length === 0) return column.values
  // Apart, for the column may be let go meanwhile.
  const values = new Map(column.values)
  for (let at = 0; at < missing.length; at += SLICE) {
    progress(at, missing.length)
    for (const { id, summary } of await openMessages(account, missing.slice(at, at + SLICE)))
      values.set(id, derivation.of(summary))
    await turn()
  }
  keep(column, values, derivation, view.rows.length)
  return values
}

function columnOf<T>(view: FolderView, derivation: Derivation<T>): Column<T> {
  const ofView = columns.get(view) ?? new Map<object, Column>()
  columns.set(view, ofView)
  const column = ofView.get(derivation) ?? { values: new Map(), bytes: 0 }
  ofView.set(derivation, column)
  return column as Column<T>
}

function touch(column: Column): void {
  if (kept.delete(column)) kept.add(column)
}

function keep<T>(column: Column<T>, values: Map<number, T>, { bytes }: Derivation<T>, rows: number): void {
  drop(column)
  let size = 0
  for (const value of values.values()) size += ENTRY_BYTES + bytes(value)
  // Much of it may be of messages that have gone: then it is derived anew.
  if (size > MOST_BYTES || values.size > 2 * rows + SLICE) return
  Object.assign(column, { values, bytes: size })
  kept.add(column)
  bytesInAll += size
  for (const other of kept) {
    if (bytesInAll <= MOST_BYTES) return
    drop(other)
  }
}

function drop(column: Column): void {
  if (!kept.delete(column)) return
  bytesInAll -= column.bytes
  Object.assign(column, { values: new Map(), bytes: 0 })
}
