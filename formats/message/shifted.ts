/**
 * Charsets that carry two-byte characters in seven bits, between marks that switch them on and off. Old mail shows two
 * of them that neither TextDecoder nor iconv-lite reads; each becomes the eight-bit form of the same characters.
 */

interface Mark {
  readonly sequence: Buffer
  /** What follows is shifted, is not, or stays as it was. */
  readonly isShifted?: boolean
  /** The byte that stands in the text instead of the mark. */
  readonly written?: number
}

const mark = (sequence: string, rest: Omit<Mark, 'sequence'> = {}): Mark => ({
  sequence: Buffer.from(sequence, 'latin1'),
  ...rest,
})

/** HZ, RFC 1843; its eight-bit form is GBK. */
const HZ = [
  mark('~{', { isShifted: true }),
  mark('~}', { isShifted: false }),
  mark('~~', { written: 126 }),
  mark('~\n'),
]

/** ISO-2022-KR, RFC 1557; its eight-bit form is EUC-KR. */
const ISO_2022_KR = [mark('\x0e', { isShifted: true }), mark('\x0f', { isShifted: false }), mark('\x1b$)C')]

export const hzToGbk = (bytes: Buffer): Buffer => unshift(bytes, HZ)
export const iso2022KrToEucKr = (bytes: Buffer): Buffer => unshift(bytes, ISO_2022_KR)

function unshift(bytes: Buffer, marks: readonly Mark[]): Buffer {
  const output = Buffer.allocUnsafe(bytes.length)
  let written = 0
  let isShifted = false
  for (let at = 0; at < bytes.length;) {
    const byte = bytes[at]!
    const found = marks.find(({ sequence }) => sequence[0] === byte && startsAt(bytes, at, sequence))
    if (found) {
      isShifted = found.isShifted ?? isShifted
      if (found.written !== undefined) output[written++] = found.written
      at += found.sequence.length
    } else {
      output[written++] = isShifted && byte > 32 ? byte | 0x80 : byte
      at++
    }
  }
  return output.subarray(0, written)
}

const startsAt = (bytes: Buffer, at: number, sequence: Buffer): boolean =>
  sequence.every((byte, index) => bytes[at + index] === byte)
