/** Line ends and line counts in bytes: the two things every body is searched for, at memory speed. */

export const LF = 10
export const CR = 13
const DASH = 45
const DASHES = { [LF]: Buffer.from('\n--'), [CR]: Buffer.from('\r--') }

/** What ends a line: LF, with or without a CR before it. In a file without any LF (old Macintosh files) it is CR. */
export type LineEnd = typeof LF | typeof CR

export const lineEndOf = (bytes: Uint8Array): LineEnd => (bytes.includes(LF) || !bytes.includes(CR) ? LF : CR)

// Below this distance a loop beats the call into native code, and a flood of "\n--" stays cheap.
const NEAR_BYTES = 64

/** Where the next line begins that starts with "--" and whose line before ends at or after `from`; -1 when none does. */
export function nextDashes(bytes: Buffer, lineEnd: LineEnd, from: number): number {
  const near = Math.min(from + NEAR_BYTES, bytes.length)
  for (let at = from; at < near; at++) {
    if (bytes[at] === lineEnd && bytes[at + 1] === DASH && bytes[at + 2] === DASH) return at + 1
  }
  const found = bytes.indexOf(DASHES[lineEnd], near)
  return found === -1 ? -1 : found + 1
}

/** Where the body before a boundary ends: the line end before `lineStart` belongs to the boundary (RFC 2046 §5.1.1). */
export function beforeLineEnd(bytes: Uint8Array, lineEnd: LineEnd, lineStart: number): number {
  if (bytes[lineStart - 1] !== lineEnd) return lineStart
  return lineEnd === LF && bytes[lineStart - 2] === CR ? lineStart - 2 : lineStart - 1
}

/** How many line ends lie in bytes[from, to). */
export function countLines(bytes: Uint8Array, lineEnd: LineEnd, from: number, to: number): number {
  let count = 0
  let at = from
  if (to - from > 256) {
    // Four bytes at once: a byte that equals the line end becomes zero, and zero bytes are counted by their high bit.
    while ((bytes.byteOffset + at) & 3) if (bytes[at++] === lineEnd) count++
    const words = new Uint32Array(bytes.buffer, bytes.byteOffset + at, (to - at) >> 2)
    const pattern = lineEnd * 0x01010101
    for (let index = 0; index < words.length; index++) {
      const zeroed = words[index]! ^ pattern
      const marks = ~(((zeroed & 0x7f7f7f7f) + 0x7f7f7f7f) | zeroed | 0x7f7f7f7f) >>> 7
      count += ((marks * 0x01010101) >>> 24) & 7
    }
    at += words.length * 4
  }
  while (at < to) if (bytes[at++] === lineEnd) count++
  return count
}
