import type { Rows } from '#items'
import type { TextKey } from '#mail'
import type { SequenceSet } from '../input/sequence-set.ts'

/** A search program as it is worked through: what must hold of a message. */
export type Key =
  | { kind: 'all' | 'none' }
  /** What a row of the view answers alone. */
  | { kind: 'row'; holds: (rows: Rows, index: number) => boolean }
  | { kind: 'set'; set: SequenceSet; byUid: boolean }
  /** By its name, one that is no flag bit. */
  | { kind: 'keyword'; name: string }
  | { kind: 'thread'; id: number }
  /** The day of the Date field, counted from 1970: from this one up to another, which is not meant. */
  | { kind: 'sent'; from: number; before: number }
  /** A part of what stands in these header fields, which the summary has. */
  | { kind: 'ids'; field: 'inReplyTo' | 'references'; needle: string }
  | { kind: 'text'; text: TextKey }
  | { kind: 'not'; key: Key }
  | { kind: 'and' | 'or'; keys: readonly Key[] }

export const ALL: Key = { kind: 'all' }
export const NONE: Key = { kind: 'none' }

/** Keys that are not there are taken away: NOT NOT is nothing, and lists within lists of one kind are one list. */
export function not(key: Key): Key {
  if (key.kind === 'not') return key.key
  if (key.kind === 'all') return NONE
  return key.kind === 'none' ? ALL : { kind: 'not', key }
}

export function together(kind: 'and' | 'or', keys: readonly Key[]): Key {
  const [neutral, decisive] = kind === 'and' ? (['all', 'none'] as const) : (['none', 'all'] as const)
  const flat = keys.flatMap((key) => (key.kind === kind ? key.keys : [key])).filter((key) => key.kind !== neutral)
  if (flat.some((key) => key.kind === decisive)) return { kind: decisive }
  const [only, ...others] = flat
  if (only === undefined) return { kind: neutral }
  return others.length === 0 ? only : { kind, keys: flat }
}
