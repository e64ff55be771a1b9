import { CR, nextDashes, type LineEnd } from './lines.ts'

/** A line that ends the part before it: "--boundary", or "--boundary--" which also ends the multipart. */
export interface Delimiter {
  readonly lineStart: number
  /** After its line end: where the next part begins. */
  readonly next: number
  /** The multipart it belongs to, by the depth it was opened with. */
  readonly depth: number
  readonly isClosing: boolean
}

const SPACE = 32
const TAB = 9
const DASH = 45

/**
 * The boundaries of the multiparts that are open at one place of a message, and the search for their lines.
 * A line belongs to a boundary only when it is equal to it from "--" to its trailing white space, so a boundary that
 * begins like another is no trouble (RFC 2046 §5.1.1 allows a longer line; no writer makes one).
 */
export class Delimiters {
  #bytes: Buffer
  #lineEnd: LineEnd
  #depths = new Map<string, number[]>()
  // How many open boundaries begin with a byte and the longest of them: what most lines are told apart by.
  #firstBytes: Uint16Array | undefined
  #longest = 0

  constructor(bytes: Buffer, lineEnd: LineEnd) {
    this.#bytes = bytes
    this.#lineEnd = lineEnd
  }

  /** @param boundary latin-1, not empty, without trailing white space */
  open(boundary: string, depth: number): void {
    const depths = this.#depths.get(boundary)
    if (depths) depths.push(depth)
    else this.#depths.set(boundary, [depth])
    this.#firstBytes ??= new Uint16Array(256)
    this.#firstBytes[boundary.charCodeAt(0)]!++
    this.#longest = Math.max(this.#longest, boundary.length)
  }

  close(boundary: string): void {
    const depths = this.#depths.get(boundary)!
    depths.pop()
    if (depths.length === 0) this.#depths.delete(boundary)
    this.#firstBytes![boundary.charCodeAt(0)]!--
  }

  /** The next line at or after `from`, the beginning of a line, that belongs to an open boundary. */
  next(from: number): Delimiter | undefined {
    if (this.#depths.size === 0) return undefined
    let delimiter = this.at(from)
    for (let at = from; !delimiter; delimiter = this.at(at)) {
      at = nextDashes(this.#bytes, this.#lineEnd, at)
      if (at === -1) return undefined
    }
    return delimiter
  }

  /** The delimiter on the line that begins at `lineStart`, when there is one. */
  at(lineStart: number): Delimiter | undefined {
    const bytes = this.#bytes
    const start = lineStart + 2
    if (bytes[lineStart] !== DASH || bytes[lineStart + 1] !== DASH) return undefined
    if (!this.#firstBytes?.[bytes[start] ?? 0]) return undefined

    // The text after "--" up to its trailing white space; a line longer than any boundary is left as soon as it is known.
    let end = start
    let at = start
    for (; at < bytes.length && bytes[at] !== this.#lineEnd; at++) {
      if (bytes[at] === SPACE || bytes[at] === TAB || bytes[at] === CR) continue
      end = at + 1
      if (end - start > this.#longest + 2) return undefined
    }
    const line = bytes.toString('latin1', start, end)
    const next = Math.min(at + 1, bytes.length)
    const depth = this.#depths.get(line)?.at(-1)
    if (depth !== undefined) return { lineStart, next, depth, isClosing: false }
    const closing = line.endsWith('--') ? this.#depths.get(line.slice(0, -2))?.at(-1) : undefined
    return closing === undefined ? undefined : { lineStart, next, depth: closing, isClosing: true }
  }
}
