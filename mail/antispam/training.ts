import type { Counts } from './combine.ts'
import { placeOf } from './start.ts'

/** What an account has taught: features as keyed hashes, ascending, and for each in how many letters of each sort it stands. */
export interface Training {
  letters: Counts
  /** Lessons that were ever taken: grows with each, and so names a state. */
  lessons: number
  features: Uint32Array
  junk: Uint16Array
  good: Uint16Array
  /** When a feature was last taught, in lessons of `AGE`. */
  taughtAt: Uint16Array
}

/** A letter to learn, or one to unlearn. */
export interface Lesson {
  /** Keyed, each once. */
  features: Uint32Array
  isJunk: boolean
  isUndone: boolean
}

/** Features that are kept of an account, and how many are left when there were more. */
export const MOST_KEPT = 40_000
const KEPT_WHEN_FULL = 36_000

const AGE = 8
const MOST_COUNT = 0xffff
const FORM = 1
const HEAD_BYTES = 20
const BYTES_EACH = 10

/** A feature that stands in twice as many letters is forgotten so much later, in lessons of `AGE`. */
const LATER = 25

export const UNTAUGHT: Training = { letters: { junk: 0, good: 0 }, lessons: 0, ...emptyColumns(0) }

/** What lessons change about a feature. */
interface Change {
  junk: number
  good: number
  taughtAt: number
}

/** What is known after these lessons. What was seen in few letters, and long ago, is forgotten when there is no room. */
export function teach(before: Training, lessons: readonly Lesson[]): Training {
  const changes = new Map<number, Change>()
  const letters = { ...before.letters }
  let count = before.lessons
  for (const { features, isJunk, isUndone } of lessons) {
    const sort = isJunk ? 'junk' : 'good'
    const step = isUndone ? -1 : 1
    letters[sort] = Math.max(0, letters[sort] + step)
    const taughtAt = Math.floor(++count / AGE) & MOST_COUNT
    for (const feature of features) {
      const change = changes.get(feature) ?? { junk: 0, good: 0, taughtAt }
      change[sort] += step
      change.taughtAt = taughtAt
      changes.set(feature, change)
    }
  }
  const after = { ...merged(before, changes), letters, lessons: count }
  return after.features.length > MOST_KEPT ? { ...after, ...mostUseful(after) } : after
}

type Columns = Pick<Training, 'features' | 'junk' | 'good' | 'taughtAt'>

/** Both lists are in order, and so is what becomes of them. */
function merged(before: Columns, changes: ReadonlyMap<number, Change>): Columns {
  const changed = Uint32Array.from(changes.keys()).sort()
  const columns = emptyColumns(before.features.length + changed.length)
  let size = 0
  const add = (feature: number, junk: number, good: number, taughtAt: number): void => {
    if (junk <= 0 && good <= 0) return
    columns.features[size] = feature
    columns.junk[size] = Math.min(MOST_COUNT, Math.max(0, junk))
    columns.good[size] = Math.min(MOST_COUNT, Math.max(0, good))
    columns.taughtAt[size++] = taughtAt
  }
  let at = 0
  const addBefore = (limit: number): void => {
    for (; at < before.features.length && (before.features[at] as number) < limit; at++)
      add(
        before.features[at] as number,
        before.junk[at] as number,
        before.good[at] as number,
        before.taughtAt[at] as number,
      )
  }
  for (const feature of changed) {
    addBefore(feature)
    const isKnown = before.features[at] === feature
    const { junk, good, taughtAt } = changes.get(feature) as Change
    add(
      feature,
      junk + (isKnown ? (before.junk[at] as number) : 0),
      good + (isKnown ? (before.good[at] as number) : 0),
      taughtAt,
    )
    if (isKnown) at++
  }
  addBefore(Infinity)
  return cut(columns, size)
}

function mostUseful({ features, junk, good, taughtAt }: Columns): Columns {
  const worth = Float64Array.from(features, (_feature, at) => {
    const letters = (junk[at] as number) + (good[at] as number)
    return (taughtAt[at] as number) + LATER * Math.log2(letters)
  })
  const least = worth.toSorted()[features.length - KEPT_WHEN_FULL] as number
  const isKept = (_value: number, at: number): boolean => (worth[at] as number) > least
  return {
    features: features.filter(isKept),
    junk: junk.filter(isKept),
    good: good.filter(isKept),
    taughtAt: taughtAt.filter(isKept),
  }
}

function emptyColumns(size: number): Columns {
  return {
    features: new Uint32Array(size),
    junk: new Uint16Array(size),
    good: new Uint16Array(size),
    taughtAt: new Uint16Array(size),
  }
}

const cut = ({ features, junk, good, taughtAt }: Columns, size: number): Columns => ({
  features: features.slice(0, size),
  junk: junk.slice(0, size),
  good: good.slice(0, size),
  taughtAt: taughtAt.slice(0, size),
})

/** How many letters have a feature; undefined when none that is known of. */
export function countsOf({ features, junk, good }: Training, feature: number): Counts | undefined {
  const at = placeOf(features, feature)
  return features[at] === feature ? { junk: junk[at] as number, good: good[at] as number } : undefined
}

/** Five numbers of 32 bits (form, lessons, letters of junk, good letters, features), then the columns one after the other. Little endian, as all machines are that Node runs on. */
export function writeTraining({ letters, lessons, features, junk, good, taughtAt }: Training): Buffer {
  const head = Uint32Array.of(FORM, lessons, letters.junk, letters.good, features.length)
  return Buffer.concat(
    [head, features, junk, good, taughtAt].map(
      (column) => new Uint8Array(column.buffer, column.byteOffset, column.byteLength),
    ),
  )
}

/** @throws RangeError for what `writeTraining` has not written */
export function readTraining(bytes: Uint8Array): Training {
  const { buffer } = new Uint8Array(bytes)
  const [form, lessons = 0, junkLetters = 0, goodLetters = 0, size = 0] = new Uint32Array(buffer, 0, HEAD_BYTES / 4)
  if (form !== FORM || buffer.byteLength !== HEAD_BYTES + size * BYTES_EACH)
    throw new RangeError('what was taught cannot be read')
  const column = (at: number): Uint16Array => new Uint16Array(buffer, HEAD_BYTES + size * at, size)
  return {
    letters: { junk: junkLetters, good: goodLetters },
    lessons,
    features: new Uint32Array(buffer, HEAD_BYTES, size),
    junk: column(4),
    good: column(6),
    taughtAt: column(8),
  }
}

/** Bytes that it takes in memory. */
export const sizeOf = ({ features }: Training): number => HEAD_BYTES + features.length * BYTES_EACH
