import { createHash } from 'node:crypto'

/** The hash of a body that is given in pieces. Memory holds 64 KiB, whatever comes. */
export interface BodyHash {
  add(piece: Uint8Array): void
  /** In base64. */
  digest(): string
}

const [TAB, LF, CR, SPACE] = [9, 10, 13, 32]

const ROOM = 64 * 1024

/**
 * SHA-256 of a body in the form "relaxed": RFC 6376 §3.4.4. White space at the end of lines and empty lines at the end of the body do
 * not count, other white space is one space. Bare CR and bare LF count as line ends: they leave as such.
 */
export function relaxedBody(): BodyHash {
  const hash = createHash('sha256')
  const out = Buffer.allocUnsafe(ROOM)
  let filled = 0
  /** Line ends that have not been written: they count when more follows. */
  let ends = 0
  let hasSpace = false
  let afterCr = false
  let isEmpty = true

  const drain = (): void => {
    hash.update(out.subarray(0, filled))
    filled = 0
  }
  const writeEnds = (): void => {
    for (; ends > 0; ends--) {
      if (filled > ROOM - 4) drain()
      out[filled++] = CR
      out[filled++] = LF
    }
  }

  return {
    add(piece) {
      for (let at = 0; at < piece.length; at++) {
        const byte = piece[at] as number
        if (byte === LF || byte === CR) {
          if (!(byte === LF && afterCr)) ends++
          hasSpace = false
        } else if (byte === SPACE || byte === TAB) hasSpace = true
        else {
          if (ends > 0) writeEnds()
          if (filled > ROOM - 4) drain()
          if (hasSpace) out[filled++] = SPACE
          hasSpace = false
          out[filled++] = byte
          isEmpty = false
        }
        afterCr = byte === CR
      }
    },
    digest() {
      ends = isEmpty ? 0 : 1
      writeEnds()
      drain()
      return hash.digest('base64')
    },
  }
}
