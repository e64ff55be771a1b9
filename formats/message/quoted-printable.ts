import { CR, LF } from './lines.ts'
import type { TransferDecoder } from './transfer.ts'

const TAB = 9
const SPACE = 32
const EQUALS = 61

const HEX = new Int8Array(256).fill(-1)
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit
}

// White space at the end of a piece is held back, because a line end after it would make it meaningless. Not more than this.
const MAX_HELD = 4_096

/**
 * Quoted-printable in pieces of any size (RFC 2045 §6.7). White space before a line end is dropped. An "=" that escapes
 * nothing stays, and is a problem.
 */
export class QuotedPrintableDecoder implements TransferDecoder {
  isProblem = false
  #held = Buffer.alloc(0)

  push(bytes: Buffer): Buffer {
    const input = this.#held.length > 0 ? Buffer.concat([this.#held, bytes]) : bytes
    const end = safeEnd(input)
    this.#held = Buffer.from(input.subarray(end))
    return this.#decode(input.subarray(0, end), false)
  }

  end(): Buffer {
    return this.#decode(this.#held, true)
  }

  #decode(input: Buffer, isLast: boolean): Buffer {
    const output = Buffer.allocUnsafe(input.length)
    let written = 0
    for (let at = 0; at < input.length;) {
      const byte = input[at]!
      const next = byte === EQUALS ? afterSoftBreak(input, at + 1, isLast) : -1
      if (byte === SPACE || byte === TAB) {
        const end = afterBlank(input, at)
        const isTrailing = end === input.length ? isLast : input[end] === CR || input[end] === LF
        if (isTrailing) at = end
        else while (at < end) output[written++] = input[at++]!
      } else if (next !== -1) {
        at = next
      } else {
        const value = byte === EQUALS ? hexPair(input, at + 1) : byte
        if (value === -1) this.isProblem = true
        output[written++] = value === -1 ? byte : value
        at += byte === EQUALS && value !== -1 ? 3 : 1
      }
    }
    return output.subarray(0, written)
  }
}

/** The byte that two hexadecimal digits stand for; -1 when they are none. */
function hexPair(bytes: Buffer, at: number): number {
  if (at + 1 >= bytes.length) return -1
  const high = HEX[bytes[at]!]!
  const low = HEX[bytes[at + 1]!]!
  return high < 0 || low < 0 ? -1 : (high << 4) | low
}

function afterBlank(bytes: Buffer, from: number): number {
  let at = from
  while (bytes[at] === SPACE || bytes[at] === TAB) at++
  return at
}

/** After the line end, or the end of everything, that an "=" before `from` takes away; -1 when no line ends here. */
function afterSoftBreak(bytes: Buffer, from: number, isLast: boolean): number {
  const at = afterBlank(bytes, from)
  if (at === bytes.length) return isLast ? at : -1
  if (bytes[at] === LF) return at + 1
  if (bytes[at] !== CR) return -1
  return bytes[at + 1] === LF ? at + 2 : at + 1
}

/** How much of a piece can be decoded without knowing what follows. */
function safeEnd(bytes: Buffer): number {
  let end = bytes.length
  const least = Math.max(0, end - MAX_HELD)
  while (end > least && (bytes[end - 1] === SPACE || bytes[end - 1] === TAB || bytes[end - 1] === CR)) end--
  if (bytes[end - 1] === EQUALS) return end - 1
  return bytes[end - 2] === EQUALS ? end - 2 : end
}
