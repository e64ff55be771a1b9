import { MOST_SCRIPT_BYTES } from '#mail/scripts'
import { BadCommand, ConnectionLost, type LineConnection } from '#protocols/lines'
import { Arguments, type Argument } from './arguments.ts'
import { LostTrack } from './lost-track.ts'

/** Octets of a line without its end: room for a quoted string of a kind that older programs send for a script or a token. */
const MOST_LINE = 32 * 1024

/** No command has more. */
const MOST_ARGUMENTS = 4

/** Octets of all literals of one command that are read to its end and thrown away: whoever is above by mistake is told so. */
const MOST_DISCARDED = 16 * 1024 * 1024

/** Before somebody has signed in: responses to challenges. */
const MOST_UNKNOWN = 16 * 1024

/** How much literals may be, and how much of what is more is thrown away before the connection ends. */
export interface LiteralLimits {
  most: number
  mostDiscarded: number
}

export const LIMITS = {
  nonAuthenticated: { most: MOST_UNKNOWN, mostDiscarded: MOST_UNKNOWN },
  authenticated: { most: MOST_SCRIPT_BYTES, mostDiscarded: MOST_DISCARDED },
} as const satisfies Record<string, LiteralLimits>

export interface Read {
  /** In upper case. */
  name: string
  input: Arguments
}

/**
 * Reads a command with its literals. RFC 5804 §4.
 * @returns undefined when the client has gone
 * @throws BadCommand once its line has been read to its end; LostTrack; LineTooLong, ConnectionLost
 */
export async function readCommand(connection: LineConnection, limits: LiteralLimits): Promise<Read | undefined> {
  const line = await connection.readLine(MOST_LINE)
  if (line === undefined) return undefined
  const text = line.toString('latin1')
  const [whole, name = ''] = /^([A-Za-z]{1,32})(?= |$)/.exec(text) ?? []
  if (whole === undefined) throw misread(text, 'A command is a word, and strings and numbers')
  return { name: name.toUpperCase(), input: new Arguments(await readArguments(connection, text, name.length, limits)) }
}

/** Reads strings alone: a response to a challenge. RFC 5804 §2.1. @returns undefined when the client has gone */
export async function readString(connection: LineConnection, limits: LiteralLimits): Promise<Arguments | undefined> {
  const line = await connection.readLine(MOST_LINE)
  if (line === undefined) return undefined
  return new Arguments(await readArguments(connection, ` ${line.toString('latin1')}`, 0, limits))
}

/** RFC 5804 §4: a quoted string has no line end and no NUL. Bytes are Latin-1 characters here. */
const QUOTED = /"((?:[^"\\\0\r\n]|\\["\\])*)"/y
const NUMBER = /(?:0|[1-9]\d{0,9})(?= |$)/y
const LITERAL = /\{(0|[1-9]\d{0,9})\+\}$/y

async function readArguments(
  connection: LineConnection,
  first: string,
  from: number,
  { most, mostDiscarded }: LiteralLimits,
): Promise<Argument[]> {
  const found: Argument[] = []
  let [line, at, left, leftToDiscard] = [first, from, most, mostDiscarded]
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at
    const matched = pattern.exec(line)
    if (matched !== null) at = pattern.lastIndex
    return matched
  }
  while (at < line.length) {
    if (line[at++] !== ' ' || found.length === MOST_ARGUMENTS) throw misread(line, 'There is more than there should be')
    const quoted = match(QUOTED)
    const number = quoted === null ? match(NUMBER) : null
    const literal = quoted === null && number === null ? match(LITERAL) : null
    if (quoted !== null) {
      const [, inside = ''] = quoted
      found.push(Buffer.from(inside.replaceAll(/\\(["\\])/g, '$1'), 'latin1'))
    } else if (number !== null) found.push(Number(number[0]))
    else if (literal !== null) {
      const size = Number(literal[1])
      if (size <= left) {
        left -= size
        found.push(await connection.readBytes(size))
      } else {
        leftToDiscard -= size
        if (leftToDiscard < 0) throw new LostTrack('The literal is too large')
        await connection.discard(size)
        found.push('tooLarge')
      }
      const next = await connection.readLine(MOST_LINE)
      if (next === undefined) throw new ConnectionLost()
      ;[line, at] = [next.toString('latin1'), 0]
    } else throw misread(line, 'A string or a number is wanted')
  }
  return found
}

/** Behind a line that ends with a literal comes what must not be taken for a command. */
const misread = (line: string, complaint: string): BadCommand | LostTrack =>
  /\{\d*\+?\}$/.test(line) ? new LostTrack(complaint) : new BadCommand(complaint)
