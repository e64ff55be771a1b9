import { readFileSync } from 'node:fs'
import type { Counts } from './combine.ts'

/** Counts of features from letters: how many of each sort there were, and in how many each feature stands. */
export interface Start {
  letters: Counts
  /** undefined for what it does not know. */
  countsOf(feature: number): Counts | undefined
}

/** What the file begins with: its form, by number. */
const FORM = 0x5a53_0001
const HEAD_BYTES = 16

let shipped: Start | undefined

/** What is shipped with the program, from public mail alone (docs/performance.md says which); read at the first use. */
export const shippedStart = (): Start => (shipped ??= readStart(readFileSync(new URL('start.bin', import.meta.url))))

/**
 * Reads a start: four numbers (form, letters of junk, good letters, features), then the features ascending, 32 bits each, then how many letters of
 * junk have each, 16 bits, then how many good ones. Little endian.
 */
export function readStart(file: Buffer): Start {
  const { buffer } = new Uint8Array(file)
  const [form, junkLetters = 0, goodLetters = 0, size = 0] = new Uint32Array(buffer, 0, HEAD_BYTES / 4)
  if (form !== FORM || buffer.byteLength !== HEAD_BYTES + size * 8)
    throw new Error('the start of the filter is damaged')
  const features = new Uint32Array(buffer, HEAD_BYTES, size)
  const junk = new Uint16Array(buffer, HEAD_BYTES + size * 4, size)
  const good = new Uint16Array(buffer, HEAD_BYTES + size * 6, size)
  return {
    letters: { junk: junkLetters, good: goodLetters },
    countsOf(feature) {
      const at = placeOf(features, feature)
      return features[at] === feature ? { junk: junk[at] as number, good: good[at] as number } : undefined
    },
  }
}

/** Writes what `readStart` reads. */
export function writeStart(letters: Counts, counts: ReadonlyMap<number, Counts>): Buffer {
  const rows = [...counts].toSorted(([a], [b]) => a - b)
  const file = Buffer.alloc(HEAD_BYTES + rows.length * 8)
  for (const [at, value] of [FORM, letters.junk, letters.good, rows.length].entries()) file.writeUInt32LE(value, at * 4)
  for (const [at, [feature, { junk, good }]] of rows.entries()) {
    file.writeUInt32LE(feature, HEAD_BYTES + at * 4)
    file.writeUInt16LE(Math.min(junk, 0xffff), HEAD_BYTES + rows.length * 4 + at * 2)
    file.writeUInt16LE(Math.min(good, 0xffff), HEAD_BYTES + rows.length * 6 + at * 2)
  }
  return file
}

/** Where a number stands in an ascending list, or would stand. */
export function placeOf(list: Uint32Array, wanted: number): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((list[middle] as number) < wanted) low = middle + 1
    else high = middle
  }
  return low
}
