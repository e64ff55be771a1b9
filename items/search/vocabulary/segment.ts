/** How many items have a word, by the number of the field; holes are none. */
export type Counts = readonly (number | undefined)[]
export type Entries = Map<string, Counts>

/**
 * A part of a vocabulary in memory: its words in the order of their bytes, one after the other, so that beginnings are
 * found by halving and parts by one search through the text.
 */
export interface Segment {
  /** UTF-8, a line feed after each word. */
  words: Buffer
  /** Where each word begins; one more for the end. */
  starts: Uint32Array
  /** The fields of each word as bits, and the place of its first count. */
  fields: Uint16Array
  firstCounts: Uint32Array
  counts: Uint32Array
}

/** Bytes of a word that is kept. */
const LONGEST = 255
const FORM = 1
const LF = 10

// The order of bytes is that of latin-1 strings made of them.
const ASCII = /^[\x00-\x7f]*$/
const toBytes = (word: string): string => (ASCII.test(word) ? word : Buffer.from(word).toString('latin1'))

/**
 * Words as bytes: each as how much it shares with the one before it and what follows, then its fields and counts. About
 * 7 bytes a word, which zstd halves.
 */
export function encodeEntries(entries: Entries): Buffer {
  const ofBytes = new Map<string, Counts>()
  for (const [word, counts] of entries) {
    const bytes = toBytes(word)
    if (bytes.length <= LONGEST) ofBytes.set(bytes, counts)
  }
  const sorted = [...ofBytes.keys()].sort()
  let out = Buffer.allocUnsafe(64 * 1024)
  let at = 0
  const reserve = (bytes: number): void => {
    if (at + bytes > out.length) out = Buffer.concat([out, Buffer.allocUnsafe(out.length + bytes)])
  }
  const number = (value: number): void => {
    let rest = value
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) out[at++] = (rest % 0x80) | 0x80
    out[at++] = rest
  }
  reserve(16)
  out[at++] = FORM
  number(sorted.length)
  let before = ''
  for (const bytes of sorted) {
    const counts = ofBytes.get(bytes) as Counts
    reserve(600)
    let shared = 0
    while (shared < before.length && before.charCodeAt(shared) === bytes.charCodeAt(shared)) shared++
    out[at++] = shared
    out[at++] = bytes.length - shared
    at += out.write(bytes.slice(shared), at, 'latin1')
    let fields = 0
    for (const [field, count] of counts.entries()) if (count) fields |= 1 << field
    number(fields)
    for (const count of counts) if (count) number(count)
    before = bytes
  }
  return out.subarray(0, at)
}

/** @throws RangeError for bytes that are of another form */
export function decodeSegment(bytes: Buffer): Segment {
  if (bytes[0] !== FORM) throw new RangeError('a vocabulary of another form')
  let at = 1
  const number = (): number => {
    let value = 0
    for (let scale = 1; ; scale *= 0x80) {
      const byte = bytes[at++] as number
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
    }
  }
  const size = number()
  const begin = at
  // Measured first, so that what stays in memory has no slack.
  let [wordBytes, countsInAll] = [0, 0]
  for (let index = 0; index < size; index++) {
    wordBytes += (bytes[at] as number) + (bytes[at + 1] as number) + 1
    at += 2 + (bytes[at + 1] as number)
    for (let fields = number(); fields > 0; fields &= fields - 1) {
      number()
      countsInAll++
    }
  }
  const segment: Segment = {
    words: Buffer.allocUnsafeSlow(wordBytes),
    starts: new Uint32Array(size + 1),
    fields: new Uint16Array(size),
    firstCounts: new Uint32Array(size),
    counts: new Uint32Array(countsInAll),
  }
  const { words, starts, counts } = segment
  at = begin
  let [end, before, nextCount] = [0, 0, 0]
  for (let index = 0; index < size; index++) {
    const [shared, more] = [bytes[at] as number, bytes[at + 1] as number]
    starts[index] = end
    words.copyWithin(end, before, before + shared)
    bytes.copy(words, end + shared, at + 2, at + 2 + more)
    before = end
    end += shared + more
    words[end++] = LF
    at += 2 + more
    const fields = number()
    segment.fields[index] = fields
    segment.firstCounts[index] = nextCount
    for (let left = fields; left > 0; left &= left - 1) counts[nextCount++] = number()
  }
  starts[size] = end
  return segment
}

export const sizeOf = ({ fields }: Segment): number => fields.length
export const bytesOfSegment = ({ words, starts, fields, counts }: Segment): number =>
  words.length + starts.byteLength * 2 + fields.byteLength + counts.byteLength

export const wordAt = ({ words, starts }: Segment, index: number): string =>
  words.toString('utf8', starts[index], (starts[index + 1] as number) - 1)

export function countsAt({ fields, firstCounts, counts }: Segment, index: number): Counts {
  const found: (number | undefined)[] = []
  let at = firstCounts[index] as number
  const bits = fields[index] as number
  for (let field = 0; bits >> field > 0; field++) found.push((bits >> field) & 1 ? counts[at++] : undefined)
  return found
}

/** The first word that is not before these bytes. */
export function firstFrom({ words, starts, fields }: Segment, bytes: Buffer): number {
  let [low, high] = [0, fields.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const end = (starts[middle + 1] as number) - 1
    if (words.compare(bytes, 0, bytes.length, starts[middle], end) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The words that begin with these bytes. */
export function* beginningWith(segment: Segment, bytes: Buffer): Generator<number> {
  const { words, starts } = segment
  for (let index = firstFrom(segment, bytes); index < sizeOf(segment); index++) {
    const start = starts[index] as number
    const end = Math.min((starts[index + 1] as number) - 1, start + bytes.length)
    if (words.compare(bytes, 0, bytes.length, start, end) !== 0) return
    yield index
  }
}

/** The words that contain these bytes; a line feed at the end of them stands for the end of a word. */
export function* containing({ words, starts, fields }: Segment, bytes: Buffer): Generator<number> {
  for (let from = 0; ;) {
    const at = words.indexOf(bytes, from)
    if (at === -1) return
    let [low, high] = [0, fields.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((starts[middle + 1] as number) <= at) low = middle + 1
      else high = middle
    }
    yield low
    from = starts[low + 1] as number
  }
}

/** All words of several segments with their counts added up. Words whose counts come to nothing are left out. */
export function mergeSegments(segments: readonly Segment[]): Entries {
  const merged = new Map<string, (number | undefined)[]>()
  for (const segment of segments)
    for (let index = 0; index < sizeOf(segment); index++)
      addCounts(merged, wordAt(segment, index), countsAt(segment, index))
  return merged
}

export function addCounts(entries: Map<string, (number | undefined)[]>, word: string, counts: Counts): void {
  const known = entries.get(word)
  if (known === undefined) entries.set(word, [...counts])
  else for (const [field, count] of counts.entries()) if (count) known[field] = (known[field] ?? 0) + count
}
