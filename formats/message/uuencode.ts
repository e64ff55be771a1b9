import { LF } from './lines.ts'
import type { TransferDecoder } from './transfer.ts'

// A line carries at most 63 bytes in 84 characters; longer ones carry nothing.
const MAX_LINE = 256
const BEGIN = /^begin [0-7]{3,4} /

/** Uuencode (POSIX) in pieces of any size: the one file between "begin" and "end". What stands around it is dropped. */
export class UuencodeDecoder implements TransferDecoder {
  #state: 'before' | 'inside' | 'after' = 'before'
  #line = ''
  #isMalformed = false

  /** True also when there is no file, or no end of it. */
  get isProblem(): boolean {
    return this.#isMalformed || this.#state !== 'after'
  }

  push(bytes: Buffer): Buffer {
    const output = Buffer.allocUnsafe(bytes.length + MAX_LINE)
    let written = 0
    for (let at = 0; at < bytes.length;) {
      const found = bytes.indexOf(LF, at)
      const end = found === -1 ? bytes.length : found
      if (this.#line.length < MAX_LINE) this.#line += bytes.toString('latin1', at, Math.min(end, at + MAX_LINE))
      if (found !== -1) written += this.#endLine(output, written)
      at = end + 1
    }
    return output.subarray(0, written)
  }

  end(): Buffer {
    const output = Buffer.allocUnsafe(MAX_LINE)
    return output.subarray(0, this.#endLine(output, 0))
  }

  #endLine(output: Buffer, start: number): number {
    const line = this.#line.trimEnd()
    this.#line = ''
    if (this.#state === 'before' && BEGIN.test(line)) this.#state = 'inside'
    else if (this.#state === 'inside' && line === 'end') this.#state = 'after'
    else if (this.#state === 'inside' && line !== '') return this.#decodeLine(line, output, start)
    return 0
  }

  #decodeLine(line: string, output: Buffer, start: number): number {
    const length = digit(line, 0)
    // Trailing spaces, which stand for zeros, are lost on the way: the line is as long as its first character says.
    if (line.length - 1 > Math.ceil(length / 3) * 4 + 1) this.#isMalformed = true
    for (let byte = 0; byte < length; byte++) {
      const group = 1 + Math.floor(byte / 3) * 4 + (byte % 3)
      const shift = (byte % 3) * 2 + 2
      output[start + byte] = (digit(line, group) << shift) | (digit(line, group + 1) >> (6 - shift))
    }
    return length
  }
}

/** The value of a character: its distance from a space, in six bits; a backquote is zero too. */
const digit = (line: string, index: number): number => ((line.charCodeAt(index) || 32) - 32) & 63
