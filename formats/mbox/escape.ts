const LF = 10
const QUOTE = 62
const FROM = Buffer.from('From ')

/**
 * Puts ">" before each line that begins with "From " after any number of ">" (mboxrd), so that none is taken for the beginning of a letter,
 * and all come back. Works on pieces, of which the last four bytes at most are held back.
 */
export async function* escapeFrom(pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Buffer> {
  /** Whether what was given on so far ends with the beginning of a line, or with nothing but ">" after one. */
  let isAtStart = true
  let held = Buffer.alloc(0)
  for await (const piece of pieces) {
    if (piece.length === 0) continue
    const bytes = held.length === 0 ? bufferOf(piece) : Buffer.concat([held, piece])
    const end = bytes.length - beginningOfFrom(bytes, isAtStart)
    const out: Buffer[] = []
    let done = 0
    for (let at = bytes.indexOf(FROM); at !== -1 && at < end; at = bytes.indexOf(FROM, at + 1)) {
      if (!isLineStart(bytes, at, isAtStart)) continue
      out.push(bytes.subarray(done, at), Buffer.of(QUOTE))
      done = at
    }
    out.push(bytes.subarray(done, end))
    // Where all was held back, what was before still says what this is the beginning of.
    if (end > 0) isAtStart = isLineStart(bytes, end, isAtStart)
    held = Buffer.from(bytes.subarray(end))
    yield out.length === 1 ? (out[0] as Buffer) : Buffer.concat(out)
  }
  yield held
}

/** Takes one ">" from each line that begins with them and "From ". */
export function unescapeFrom(bytes: Buffer): Buffer {
  const out: Buffer[] = []
  let done = 0
  for (let at = bytes.indexOf('>From '); at !== -1; at = bytes.indexOf('>From ', at + 1)) {
    if (!isLineStart(bytes, at, true)) continue
    out.push(bytes.subarray(done, at))
    done = at + 1
  }
  return done === 0 ? bytes : Buffer.concat([...out, bytes.subarray(done)])
}

/** Whether only ">" stands between the beginning of a line and `at`. @param isAtStart  whether the bytes themselves begin so */
function isLineStart(bytes: Buffer, at: number, isAtStart: boolean): boolean {
  let before = at - 1
  while (before >= 0 && bytes[before] === QUOTE) before--
  return before < 0 ? isAtStart : bytes[before] === LF
}

/** Bytes at the end that may be the beginning of "From " at the beginning of a line. */
function beginningOfFrom(bytes: Buffer, isAtStart: boolean): number {
  for (let length = Math.min(FROM.length - 1, bytes.length); length > 0; length--) {
    const at = bytes.length - length
    if (bytes.compare(FROM, 0, length, at) === 0 && isLineStart(bytes, at, isAtStart)) return length
  }
  return 0
}

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
