import { normalizeAddress } from '#formats/message'
import type { JournalKey } from '#storage'

/**
 * The columns beside the time, in their order. A value is cut after `most` bytes and filled up to a multiple of `step`, so that
 * its sealed length does not tell which of the people one could guess at it is: addresses below 32 bytes, which is most of them,
 * and all of a column with one step, look the same. `isAlike` are looked up by: the same value has one sealed form on one day.
 */
const COLUMNS = {
  ip: { most: 45, step: 45 },
  message_id: { most: 256, step: 64 },
  sender: { most: 320, step: 32, isAlike: true },
  recipient: { most: 320, step: 32, isAlike: true },
  subject: { most: 256, step: 64 },
  browser: { most: 60, step: 60 },
  country: { most: 2, step: 2 },
} as const satisfies Record<string, { most: number; step: number; isAlike?: true }>

export type Column = keyof typeof COLUMNS

/** Of a value, before it is sealed: no character takes more than four bytes, so a cut by bytes follows. */
export const shortened = (column: Column, value: string | null | undefined): string | undefined =>
  value === null || value === undefined || value === '' ? undefined : value.slice(0, COLUMNS[column].most)

/**
 * An address as one person is found by it: normalised, and without "+detail", which is whatever its owner's correspondents were
 * given. No account's own address has one (`accounts/create.ts`).
 */
export function personOf(address: string): string {
  const normal = normalizeAddress(address) ?? address.toLowerCase()
  const at = normal.lastIndexOf('@')
  const plus = normal.indexOf('+')
  return plus > 0 && plus < at ? normal.slice(0, plus) + normal.slice(at) : normal
}

/** The table and the column are named; there is no row to name. A value moved to another row of its day would open there. */
const placeOf = (day: string, column: Column): string => `journal/${day}/${column}`

export function sealValue(key: JournalKey, day: string, column: Column, value: string | undefined): Buffer | null {
  if (value === undefined) return null
  const rule: { most: number; step: number; isAlike?: true } = COLUMNS[column]
  const filled = fill(value, rule)
  const place = placeOf(day, column)
  return rule.isAlike === true ? key.sealAlike(place, filled) : key.seal(place, filled)
}

/** @throws SealBroken */
export function openValue(key: JournalKey, day: string, column: Column, sealed: Buffer | null): string | null {
  if (sealed === null) return null
  const filled = key.open(placeOf(day, column), sealed)
  const end = filled.indexOf(0)
  return filled.subarray(0, end === -1 ? filled.length : end).toString()
}

function fill(value: string, { most, step }: { most: number; step: number }): Buffer {
  // What follows a null would be lost, and would be what the filling is made of.
  const bytes = Buffer.from(value.replaceAll('\0', ' '))
  let length = Math.min(bytes.length, most)
  // Not within a character.
  while (length < bytes.length && length > 0 && ((bytes[length] as number) & 0xc0) === 0x80) length--
  const filled = Buffer.alloc(Math.max(1, Math.ceil(length / step)) * step)
  bytes.copy(filled, 0, 0, length)
  return filled
}
