import type { LineConnection } from '#protocols/lines'
import { BadCommand } from './bad-command.ts'
import type { Pieces } from './input.ts'

/** What a command may be as long as, in bytes. */
export interface ReadLimits {
  line: number
  /** All literals together. */
  literals: number
  /** What one message in a literal may have instead (APPEND and its like). */
  message: number
}

export interface ReadCommand {
  tag: string
  /** In upper case; with "UID " before it where it is one of those. */
  name: string
  /** What follows the name: a piece of text, then a literal and a piece of text for each that was announced. */
  pieces: Pieces
}

/** A literal that nothing can be done with, although its bytes are on their way. */
export class LiteralRefused extends BadCommand {
  readonly tag: string
  constructor(tag: string, text: string, code?: string) {
    super(text, code)
    this.tag = tag
  }
}

/** Commands whose literals are messages. */
const WITH_MESSAGES = new Set(['APPEND', 'REPLACE', 'UID REPLACE'])
/** As many of the greatest may come in one command (RFC 3502): it is in memory until the last has come. */
const MESSAGES_TOGETHER = 4
/** Text pieces of one command; honest ones have a few. */
const MOST_PIECES = 2000
const TAG = /^[^\x00-\x20\x7f-\xff(){%*"\\+]{1,255}$/
const ANNOUNCED = /(~?)\{(\d{1,15})(\+?)\}$/

/**
 * Reads one command with its literals. A synchronising literal (RFC 9051 §4.3) that is too large is refused before it is
 * sent; one that comes unasked (RFC 7888) is read and thrown away, if that is bearable.
 * @param take  takes memory for so many bytes; the caller gives it back
 * @returns undefined when the peer has gone
 * @throws LiteralRefused, BadCommand; ConnectionLost when what comes cannot be read on
 */
export async function readCommand(
  connection: LineConnection,
  limits: ReadLimits,
  take: (bytes: number) => boolean,
): Promise<ReadCommand | undefined> {
  const first = await connection.readLine(limits.line)
  if (first === undefined) return undefined
  const { tag, name, rest } = begin(first.toString('latin1'))
  const hasMessages = WITH_MESSAGES.has(name)
  const most = hasMessages ? limits.message : limits.literals
  const mostTogether = hasMessages ? limits.message * MESSAGES_TOGETHER : limits.literals
  const pieces: Pieces = [rest]
  let [textBytes, literalBytes] = [first.length, 0]
  for (let text = rest; ; text = pieces.at(-1) as string) {
    const [, , digits, unasked] = ANNOUNCED.exec(text) ?? []
    if (digits === undefined) return { tag, name, pieces }
    const size = Number(digits)
    const refuse = async (why: string, code?: string): Promise<never> => {
      if (unasked === '') throw new LiteralRefused(tag, why, code)
      await skip(connection, size, limits.line, Math.max(limits.message, mostTogether))
      throw new LiteralRefused(tag, why, code)
    }
    if (pieces.length >= MOST_PIECES) await refuse('Too many literals')
    // RFC 7888 §5: one that comes unasked has no more than 4096 bytes, where that was promised. We take more.
    if (size > most || literalBytes + size > mostTogether) await refuse('The literal is too large', 'TOOBIG')
    if (!take(size)) await refuse('Too much is under way, please try again', 'INUSE')
    literalBytes += size
    if (unasked === '') connection.write('+ Go on\r\n')
    pieces.push(await connection.readBytes(size))
    const line = await connection.readLine(limits.line)
    if (line === undefined) return undefined
    textBytes += line.length
    if (textBytes > limits.line) throw new LiteralRefused(tag, 'The command is too long')
    pieces.push(line.toString('latin1'))
  }
}

/** What follows a refused literal is the end of its command: thrown away, further literals with it. */
async function skip(connection: LineConnection, first: number, mostLine: number, most: number): Promise<void> {
  let left = most
  for (let size = first; ;) {
    left -= size
    if (left < 0) {
      connection.write('* BYE That is far too much\r\n')
      connection.end()
      return
    }
    await connection.discard(size)
    const line = (await connection.readLine(mostLine))?.toString('latin1') ?? ''
    const [, , digits, unasked] = ANNOUNCED.exec(line) ?? []
    if (digits === undefined || unasked === '') return
    size = Number(digits)
  }
}

function begin(line: string): { tag: string; name: string; rest: string } {
  const [tag = '', word = '', second = ''] = line.split(' ', 3)
  if (!TAG.test(tag)) throw new BadCommand('A command begins with a tag')
  if (!/^[A-Za-z0-9]{1,20}$/.test(word)) throw new LiteralRefused(tag, 'A command has a name')
  const upper = word.toUpperCase()
  const name = upper === 'UID' && /^[A-Za-z]{1,20}$/.test(second) ? `UID ${second.toUpperCase()}` : upper
  return { tag, name, rest: line.slice(tag.length + 1 + name.length) }
}
