/** From and to, in either order; Infinity stands for `*`. */
export type Range = [from: number, to: number]

/** Message sequence numbers or UIDs; `$` is what the last search with SAVE found (RFC 9051 §6.4.4.1). */
export type SequenceSet = Range[] | '$'

/** Ranges as a set: `1:3,7`. */
export const setOfRanges = (ranges: readonly Range[]): string =>
  ranges.map(([from, to]) => (from === to ? String(from) : `${from}:${to}`)).join()

/** Numbers in ascending order, as a set: `1:3,7`. */
export function compactSet(numbers: Iterable<number>): string {
  const parts: string[] = []
  let [from, to] = [0, 0]
  const close = (): void => {
    if (from > 0) parts.push(from === to ? String(from) : `${from}:${to}`)
  }
  for (const number of numbers) {
    if (number === to + 1 && from > 0) to = number
    else {
      close()
      from = to = number
    }
  }
  close()
  return parts.join()
}

/**
 * The numbers of a set that stand in an ascending list, as places in it, ascending and once each. The cost is that of the
 * set and of what it names.
 * @param last  what `*` stands for
 */
export function placesIn(
  set: Range[],
  list: { readonly [index: number]: number },
  count: number,
  last: number,
): number[] {
  const firstFrom = (wanted: number): number => {
    let [low, high] = [0, count]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((list[middle] as number) < wanted) low = middle + 1
      else high = middle
    }
    return low
  }
  const spans = set.map(([a, b]): Range => {
    const [one, other] = [a === Infinity ? last : a, b === Infinity ? last : b]
    return [firstFrom(Math.min(one, other)), firstFrom(Math.max(one, other) + 1)]
  })
  return placesOfSpans(spans)
}

/** Places of spans, each from its first up to its second, which is not among them: ascending and once each. */
export function placesOfSpans(spans: Range[]): number[] {
  spans.sort((a, b) => a[0] - b[0])
  const places: number[] = []
  let next = 0
  for (const [from, to] of spans) {
    for (let place = Math.max(from, next); place < to; place++) places.push(place)
    next = Math.max(next, to)
  }
  return places
}
