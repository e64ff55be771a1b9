/** A row that is not of the usual height: a heading stands above it, or it is hidden. */
export interface Exception {
  index: number
  heading: boolean
  hidden: boolean
}

/** Where the rows of a list stand, in pixels from its top. */
export interface Geometry {
  count: number
  height: number
  /** Top of a row's box, which begins with its heading if it has one. */
  top(index: number): number
  /** The row whose box covers this position; the nearest one beyond the ends. */
  at(position: number): number
}

/**
 * Lays out rows of one height with few exceptions, so that a list of any length costs by its exceptions only.
 * @param exceptions  sorted by index
 */
export function layOut(count: number, row: number, heading: number, exceptions: readonly Exception[]): Geometry {
  const indexes: number[] = []
  const extras = [0]
  for (const one of exceptions) {
    indexes.push(one.index)
    extras.push((extras.at(-1) ?? 0) + (one.heading ? heading : 0) - (one.hidden ? row : 0))
  }

  const top = (index: number) => index * row + (extras[firstAtLeast(indexes, index)] ?? 0)

  return {
    count,
    height: top(count),
    top,
    at(position) {
      let low = 0
      let high = Math.max(0, count - 1)
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (top(middle) <= position) low = middle
        else high = middle - 1
      }
      return low
    },
  }
}

/** How many of the sorted numbers are less than `value`. */
function firstAtLeast(sorted: readonly number[], value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((sorted[middle] ?? 0) < value) low = middle + 1
    else high = middle
  }
  return low
}
