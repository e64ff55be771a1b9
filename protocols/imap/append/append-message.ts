import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { readFlags, type GivenFlags } from '../output/flags.ts'

/** A piece of a message that is put together: bytes that came, or those that a URL names. */
export type Piece = { bytes: Buffer } | { url: string }

/** A message that a client brings. */
export interface Appended {
  flags: GivenFlags
  receivedAt: Date | undefined
  pieces: Piece[]
}

/** Pieces of one message; honest ones have about one for each of their parts, and one between them. */
const MOST_PIECES = 1000
const MOST_URL = 8192

/** append-message = [SP flag-list] [SP date-time] SP append-data. RFC 4466 §2.3, RFC 9051 §9. */
export function readAppended(input: Input): Appended {
  input.space()
  let flags: GivenFlags = { keywords: [], isDeleted: false }
  if (input.peek() === '(') {
    flags = readFlags(input.list(() => input.flag()))
    input.space()
  }
  let receivedAt: Date | undefined
  if (input.peek() === '"') {
    receivedAt = storable(input.dateTime())
    input.space()
  }
  return { flags, receivedAt, pieces: readData(input) }
}

/** append-data = literal / literal8 / "UTF8" SP "(" literal8 ")" / "CATENATE" SP "(" cat-part *(SP cat-part) ")" */
function readData(input: Input): Piece[] {
  // RFC 4469 §5.
  if (input.accept('CATENATE '))
    return input.group(() => {
      const pieces: Piece[] = []
      do {
        if (pieces.push(readPiece(input)) > MOST_PIECES) throw new BadCommand('Too many pieces')
      } while (input.accept(' '))
      return pieces
    })
  // RFC 6855 §4: what needs UTF-8 in its header. We keep whatever comes, however it was announced.
  if (input.accept('UTF8 ')) return [{ bytes: input.group(() => input.literal()) }]
  return [{ bytes: input.literal() }]
}

/** cat-part = "TEXT" SP literal / "URL" SP astring / "UTF8" SP "(" literal8 ")" */
function readPiece(input: Input): Piece {
  if (input.accept('TEXT ')) return { bytes: input.literal() }
  if (input.accept('UTF8 ')) return { bytes: input.group(() => input.literal()) }
  input.expect('URL ')
  const url = input.astring()
  if (url.length > MOST_URL) throw new BadCommand('The URL is too long')
  return { url }
}

/** A time that a mailbox can show: INTERNALDATE is kept as seconds of 32 bits. */
const storable = (at: Date): Date => new Date(Math.min(Math.max(at.getTime(), 0), 0xffff_ffff * 1000))
