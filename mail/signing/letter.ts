import type { SigningKey } from '#accounts'
import { arcSet, type Seal } from './arc.ts'
import { relaxedBody } from './body.ts'
import { covered } from './fields.ts'
import { fieldsOf } from './header.ts'
import { signature } from './signature.ts'

/** A letter that comes in pieces and is signed at its end. */
export interface LetterToSign {
  add(piece: Uint8Array): void
  /**
   * @param seal  with which it is passed on
   * @returns the fields for the top of the letter, with line ends; '' when it cannot be signed so that others would agree on it
   */
  sign(keys: readonly SigningKey[], time: number, seal?: Seal): string
}

/** Bytes of a header that is signed: what we look at of a letter that comes (`mail/authentication`) is no more. */
const MOST_HEADER = 512 * 1024

/** The line ends between header and body, bare ones as well: they leave as line ends. A CR at the end of a piece may be half of one. */
const END = /(?:\r\n|\r(?!\n)|\n)(?:\r\n|\r(?!\n|$)|\n)/
/** Where there is no field at all, the body begins at once. */
const END_AT_ONCE = /^(?:\r\n|\r(?!\n|$)|\n)/

/** @returns where the body begins in a text; undefined when that has not come yet */
function endOfHeader(text: string, isBeginning: boolean): number | undefined {
  const end = (isBeginning ? END_AT_ONCE.exec(text) : null) ?? END.exec(text)
  return end === null ? undefined : end.index + end[0].length
}

export function letterToSign(): LetterToSign {
  const body = relaxedBody()
  let parts: string[] = []
  let length = 0
  /** The end of what came so far: what ends the header may begin in it. */
  let tail = ''
  let isInBody = false

  const addToHeader = (piece: Uint8Array): void => {
    const text = Buffer.from(piece.buffer, piece.byteOffset, piece.length).toString('latin1')
    parts.push(text)
    length += text.length
    const before = length - text.length - tail.length
    tail += text
    const bodyStart = endOfHeader(tail, before === 0)
    if (bodyStart === undefined) {
      tail = tail.slice(-3)
      return
    }
    isInBody = true
    const header = parts.join('')
    parts = [header.slice(0, before + bodyStart)]
    length = before + bodyStart
    body.add(Buffer.from(tail.slice(bodyStart), 'latin1'))
    tail = ''
  }

  return {
    add(piece) {
      if (isInBody) body.add(piece)
      else if (length <= MOST_HEADER) addToHeader(piece)
    },
    sign(keys, time, seal) {
      const fields = length > MOST_HEADER ? undefined : fieldsOf(parts.join(''))
      const signed = fields && covered(fields)
      if (fields === undefined || signed === undefined) return ''
      const signable = { ...signed, bodyHash: body.digest(), time }
      const signatures = keys.map((key) => signature(key, signable)).join('')
      return seal === undefined ? signatures : arcSet(seal, fields, signable) + signatures
    },
  }
}
