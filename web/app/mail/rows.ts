import type { Id } from '../jmap/types.ts'
import type { Rows } from './layout.svelte.ts'

export interface ListedRow {
  id: Id
  /** The row stands under the day of it. */
  receivedAt: string
}

/** A list whose rows are loaded where they are looked at. */
export interface Listed<Row extends ListedRow> extends Rows<Row> {
  readonly status: 'waiting' | 'ready' | 'failed'
  /** -1 for what is not in it, or not loaded. */
  positionOf(id: Id): number
  /** Says which rows are looked at; loads those that are missing. */
  look(from: number, to: number): Promise<void>
}

/** Where and how a row is drawn. */
export interface RowPlace {
  index: number
  /** Pixels from the top of the list. */
  top: number
  id: string
  isFocused: boolean
  isCurrent: boolean
  isPicked: boolean
  /** Picks it, or no longer. */
  toggle: () => void
}

/** Rows are loaded in blocks of this many, aligned. */
export const block = 64

/** The beginnings of the blocks that hold the rows from one position to another. */
export function blocksOf(from: number, to: number): number[] {
  const starts: number[] = []
  for (let start = Math.max(0, from - (from % block)); start <= to; start += block) starts.push(start)
  return starts
}
