import { isAscii } from 'node:buffer'
import { encodeBase64 } from './base64.ts'
import { CR, LF } from './lines.ts'

/** RFC 5322 §2.1.1, RFC 2045 §6.8: octets on a line, without its end. */
const LONGEST_LINE = 998
const QP_LINE = 76

/** A body ready to be sent, and the name of its transfer encoding (RFC 2045 §6). */
export interface Encoded {
  readonly encoding: '7bit' | '8bit' | 'quoted-printable' | 'base64'
  readonly bytes: Buffer
}

/** Text as someone wrote it: line ends become CRLF, and the encoding is the one that leaves most of it readable. */
export function encodeText(text: string): Encoded {
  const bytes = Buffer.from(text.replace(/\r\n?|\n/g, '\r\n').toWellFormed())
  // A line that begins with "From " is changed by mail stores of the mbox kind.
  if (isSevenBit(bytes) && !/^From /m.test(text)) return { encoding: '7bit', bytes }
  const quoted = encodeQuotedPrintable(bytes)
  return quoted.length <= bytes.length * 1.4 + 8 ? { encoding: 'quoted-printable', bytes: quoted } : inBase64(bytes)
}

/** Content that must arrive byte for byte. */
export function encodeBytes(bytes: Buffer, isText: boolean): Encoded {
  return isText && isSevenBit(bytes) ? { encoding: '7bit', bytes } : inBase64(bytes)
}

/**
 * A message inside a message, which no encoding may change (RFC 2046 §5.2.1): bare line ends become CRLF.
 * @returns undefined when it cannot be sent like that
 */
export function encodeMessage(bytes: Buffer): Encoded | undefined {
  const isLined = !hasBareLineEnd(bytes)
  const lined = isLined ? bytes : Buffer.from(bytes.toString('latin1').replace(/\r\n?|\n/g, '\r\n'), 'latin1')
  if (!hasSendableLines(lined)) return undefined
  return { encoding: isAscii(lined) ? '7bit' : '8bit', bytes: lined }
}

const inBase64 = (bytes: Buffer): Encoded => ({ encoding: 'base64', bytes: encodeBase64(bytes) })

const isSevenBit = (bytes: Buffer): boolean => isAscii(bytes) && !hasBareLineEnd(bytes) && hasSendableLines(bytes)

/** Whether a CR or LF stands alone, which one server takes for a line end and another does not (RFC 5321 §2.3.8). */
export function hasBareLineEnd(bytes: Buffer): boolean {
  for (let at = bytes.indexOf(LF); at !== -1; at = bytes.indexOf(LF, at + 1)) if (bytes[at - 1] !== CR) return true
  for (let at = bytes.indexOf(CR); at !== -1; at = bytes.indexOf(CR, at + 1)) if (bytes[at + 1] !== LF) return true
  return false
}

/** Whether no line is longer than mail may carry, 998 octets without its CRLF (RFC 5322 §2.1.1), and none holds a NUL. */
export function hasSendableLines(bytes: Buffer): boolean {
  if (bytes.includes(0)) return false
  let start = 0
  for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
    if (end - 1 - start > LONGEST_LINE) return false
    start = end + 1
  }
  return bytes.length - start <= LONGEST_LINE
}

const SPACE = 32
const TAB = 9
const EQUALS = 61
const DEL = 127
const HEX = Buffer.from('0123456789ABCDEF')
const FROM = Buffer.from('From ')

/** RFC 2045 §6.7. The line ends of the input are CRLF. */
function encodeQuotedPrintable(bytes: Buffer): Buffer {
  // At worst three octets for each, and a soft line break of three for every 73 of those.
  const output = Buffer.allocUnsafe(bytes.length * 3 + Math.ceil((bytes.length * 3) / 70) * 3 + 8)
  let written = 0
  let column = 0
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (byte === CR && bytes[at + 1] === LF) {
      written += output.write('\r\n', written, 'latin1')
      column = 0
      at++
      continue
    }
    const isPlain = mayStand(bytes, at, byte)
    if (column + (isPlain ? 1 : 3) > QP_LINE - 1) {
      written += output.write('=\r\n', written, 'latin1')
      column = 0
    }
    const isMboxLine = column === 0 && byte === FROM[0] && bytes.subarray(at, at + 5).equals(FROM)
    if (isPlain && !isMboxLine) {
      output[written++] = byte
      column++
    } else {
      output[written++] = EQUALS
      output[written++] = HEX[byte >> 4]!
      output[written++] = HEX[byte & 15]!
      column += 3
    }
  }
  return output.subarray(0, written)
}

/** Printable, and white space that does not end its line. */
function mayStand(bytes: Buffer, at: number, byte: number): boolean {
  if (byte !== SPACE && byte !== TAB) return byte > SPACE && byte < DEL && byte !== EQUALS
  return at + 1 < bytes.length && !(bytes[at + 1] === CR && bytes[at + 2] === LF)
}
