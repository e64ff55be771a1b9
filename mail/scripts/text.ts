import { isUtf8 } from 'node:buffer'
import { SieveError, type Command, type Place, type Script } from '#formats/sieve'
import { MOST_REDIRECTS } from './script.ts'

/** The text of a script that came as bytes; a mark of the order of bytes before it is left out. @throws SieveError where they are no UTF-8 */
export function decodeScript(bytes: Buffer): string {
  if (isUtf8(bytes)) return new TextDecoder().decode(bytes)
  let line = 1
  for (let at = 0; ; line++) {
    const end = bytes.indexOf(0x0a, at)
    const piece = bytes.subarray(at, end === -1 ? undefined : end)
    if (!isUtf8(piece)) throw new SieveError('This is no text in UTF-8.', { line, column: columnOf(piece) })
    at = end + 1
  }
}

/** Where the first byte is that belongs to no character. */
function columnOf(line: Buffer): number {
  // As far as it is right it comes out of decoding as it went in.
  const decoded = new TextDecoder('utf-8', { ignoreBOM: true }).decode(line)
  for (let at = decoded.indexOf('\ufffd'); ; at = decoded.indexOf('\ufffd', at + 1)) {
    const before = Buffer.from(decoded.slice(0, at + 1))
    if (!before.equals(line.subarray(0, before.length))) return at + 1
  }
}

/** What is wrong with a script in one line, beginning with the place (RFC 5804 §2.6, RFC 9661 §2.4). */
export const complaintOf = ({ place, message }: Pick<SieveError, 'place' | 'message'>): string =>
  `line ${place.line}, column ${place.column}: ${message}`

/** What its author may not have meant, in lines like those of complaints. */
export function warningsOf(script: Script): string[] {
  const redirects = [...placesOf('redirect', script.commands)]
  const [beyond] = redirects.slice(MOST_REDIRECTS)
  if (beyond === undefined) return []
  const message = `A letter may be redirected ${MOST_REDIRECTS} times; where it would be more often, nothing of the script is done.`
  return [complaintOf({ place: beyond, message })]
}

function* placesOf(name: string, commands: readonly Command[]): Generator<Place> {
  for (const command of commands) {
    if (command.name === name) yield command.place
    yield* placesOf(name, command.block)
  }
}
