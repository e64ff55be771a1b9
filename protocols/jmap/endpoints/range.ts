/** Bytes from `start` up to `end`, which is not among them. */
export interface Range {
  start: number
  end: number
}

/**
 * The range that a Range header asks for. RFC 9110 §14.1.2.
 * @returns undefined for the whole: without a header, for other units, for several ranges (which we may ignore, §14.2),
 *          and for what is not well-formed; 'unsatisfiable' when it begins behind the end
 */
export function rangeOf(header: string | undefined, size: number): Range | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? '')
  if (match === null) return undefined
  const [, first = '', last = ''] = match
  if (first === '') {
    if (last === '') return undefined
    const suffix = Number(last)
    return suffix === 0 || size === 0 ? 'unsatisfiable' : { start: Math.max(0, size - suffix), end: size }
  }
  const start = Number(first)
  if (last !== '' && Number(last) < start) return undefined
  if (start >= size) return 'unsatisfiable'
  return { start, end: last === '' ? size : Math.min(size, Number(last) + 1) }
}
