import { CR, LF } from './lines.ts'
import type { TransferDecoder } from './transfer.ts'

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

// What a byte stands for. All but the digits are negative, so that one test finds any of them among four.
const SKIPPED = -1
const PADDING = -2
const ILLEGAL = -3
const DIGITS = new Int32Array(256).fill(ILLEGAL)
for (let digit = 0; digit < 64; digit++) DIGITS[ALPHABET.charCodeAt(digit)] = digit
for (const space of '\t\n\r ') DIGITS[space.charCodeAt(0)] = SKIPPED
DIGITS['='.charCodeAt(0)] = PADDING

/**
 * Base64 in pieces of any size (RFC 2045 §6.8). White space is passed over, an illegal character too and it is a problem.
 * The data ends at the first padding: what follows is the footer of some mailing list, and a problem.
 */
export class Base64Decoder implements TransferDecoder {
  isProblem = false
  #bits = 0
  #digits = 0
  #isPadded = false

  push(bytes: Buffer): Buffer {
    const output = Buffer.allocUnsafe(Math.ceil(bytes.length / 4) * 3 + 3)
    let written = 0
    for (let at = 0; at < bytes.length;) {
      if (this.#digits === 0 && !this.#isPadded) {
        // Four digits in a row, as nearly all of a body is.
        for (; at + 4 <= bytes.length; at += 4) {
          const high = DIGITS[bytes[at]!]! | DIGITS[bytes[at + 1]!]!
          const low = DIGITS[bytes[at + 2]!]! | DIGITS[bytes[at + 3]!]!
          if ((high | low) < 0) break
          const first = DIGITS[bytes[at]!]!
          const second = DIGITS[bytes[at + 1]!]!
          const third = DIGITS[bytes[at + 2]!]!
          output[written] = (first << 2) | (second >> 4)
          output[written + 1] = (second << 4) | (third >> 2)
          output[written + 2] = (third << 6) | DIGITS[bytes[at + 3]!]!
          written += 3
        }
        if (at === bytes.length) break
      }
      const digit = DIGITS[bytes[at++]!]!
      if (digit === SKIPPED) continue
      if (digit === PADDING) this.#isPadded = true
      else if (digit === ILLEGAL || this.#isPadded) this.isProblem = true
      else {
        this.#bits = (this.#bits << 6) | digit
        if (++this.#digits === 4) {
          output.writeUIntBE(this.#bits, written, 3)
          written += 3
          this.#bits = 0
          this.#digits = 0
        }
      }
    }
    return output.subarray(0, written)
  }

  /** What a last group of two or three digits holds, padded or not. */
  end(): Buffer {
    const bits = this.#bits << (6 * (4 - this.#digits))
    if (this.#digits === 1) this.isProblem = true
    const bytes = Buffer.from([bits >> 16, bits >> 8])
    return bytes.subarray(0, Math.max(0, this.#digits - 1))
  }
}

/** How many bytes the decoder above makes of these. */
export function base64Size(bytes: Buffer): number {
  let digits = 0
  for (let at = 0; at < bytes.length;) {
    for (; at + 4 <= bytes.length; at += 4, digits += 4) {
      const high = DIGITS[bytes[at]!]! | DIGITS[bytes[at + 1]!]!
      const low = DIGITS[bytes[at + 2]!]! | DIGITS[bytes[at + 3]!]!
      if ((high | low) < 0) break
    }
    if (at === bytes.length) break
    const digit = DIGITS[bytes[at++]!]!
    if (digit === PADDING) break
    if (digit >= 0) digits++
  }
  return Math.floor(digits / 4) * 3 + Math.max(0, (digits % 4) - 1)
}

const LINE = 76
const CODES = Buffer.from(ALPHABET)

/** Base64 in lines of 76 digits, each ended by CRLF (RFC 2045 §6.8). */
export function encodeBase64(bytes: Buffer): Buffer {
  const digits = Math.ceil(bytes.length / 3) * 4
  const output = Buffer.alloc(digits + Math.ceil(digits / LINE) * 2, '=')
  let written = 0
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at
    const bits = (bytes[at]! << 16) | (left > 1 ? bytes[at + 1]! << 8 : 0) | (left > 2 ? bytes[at + 2]! : 0)
    output[written] = CODES[bits >> 18]!
    output[written + 1] = CODES[(bits >> 12) & 63]!
    if (left > 1) output[written + 2] = CODES[(bits >> 6) & 63]!
    if (left > 2) output[written + 3] = CODES[bits & 63]!
    written += 4
    if (written % (LINE + 2) === LINE || left <= 3) {
      output[written++] = CR
      output[written++] = LF
    }
  }
  return output
}
