import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'

/** Part of a list: positions from 1, counted from the beginning or from the end. RFC 9394 §3.1. */
export interface PartialRange {
  isFromEnd: boolean
  /** In either order, as it was given. */
  first: number
  last: number
}

const MINUS = /-/y

/** `partial-range = nz-number ":" nz-number / "-" nz-number ":" "-" nz-number`. RFC 9394 §4. */
export function readPartialRange(input: Input): PartialRange {
  const isFromEnd = input.match(MINUS) !== undefined
  const first = input.nonZero()
  input.expect(':')
  if ((input.match(MINUS) !== undefined) !== isFromEnd) throw new BadCommand('A range counts from one end')
  return { isFromEnd, first, last: input.nonZero() }
}

/** The members of a list that a range names, in their order. What is beyond its end is not there. */
export function partOf<T>(list: readonly T[], { isFromEnd, first, last }: PartialRange): T[] {
  const [from, to] = [Math.min(first, last), Math.max(first, last)]
  return isFromEnd
    ? list.slice(Math.max(0, list.length - to), Math.max(0, list.length - from + 1))
    : list.slice(from - 1, to)
}

export const rangeText = ({ isFromEnd, first, last }: PartialRange): string =>
  isFromEnd ? `-${first}:-${last}` : `${first}:${last}`
