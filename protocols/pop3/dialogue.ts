import { ConnectionLost, LineTooLong, type LineConnection } from '#protocols/lines'
import { Refusal } from '#system'
import { COMMANDS } from './commands/index.ts'
import { BadCommand } from './input/bad-command.ts'
import { Input } from './input/input.ts'
import { Declined, err, lineOf, replyOf, type Reply } from './reply.ts'
import { Session, type Pop3Context, type State } from './session.ts'

/** Who has not signed in within this time is no client. Who has may be silent for ten minutes (RFC 1939 §3). */
const UNKNOWN_MS = 3 * 60_000
const KNOWN_MS = 10 * 60_000

/** Octets of a command without its LF: twice what RFC 2449 §4 asks for. */
const MOST_LINE = 511

/** Commands in a row that are none, or refused before sign-in: then it is not POP3 that is spoken, or somebody guesses. */
const MOST_MISTAKES = 20

/** Keeps the dialogue with one client until one of the two has enough. */
export async function converse(context: Pop3Context, connection: LineConnection): Promise<void> {
  const { cleartextOnLoopback } = context.config
  const session = new Session(context, connection, cleartextOnLoopback && connection.isLocal)
  connection.setIdleLimit(UNKNOWN_MS)
  // However slowly it speaks.
  const deadline = setTimeout(() => connection.destroy(), UNKNOWN_MS)
  deadline.unref()
  try {
    connection.write('+OK Zegel is ready\r\n')
    // One command after the other, however many have come (RFC 2449 §6.6).
    for (let mistakes = 0; !session.isOver && mistakes < MOST_MISTAKES;) {
      const line = await connection.readLine(MOST_LINE)
      // Who goes without QUIT has removed nothing (RFC 1939 §6).
      if (line === undefined) return
      const before = session.state
      const reply = await carryOut(session, line)
      if (reply.isMistake === true || (!reply.isOk && before === 'authorization')) mistakes++
      // USER is right whatever comes after it.
      else if (session.state === 'transaction') mistakes = 0
      if (session.state !== before) {
        clearTimeout(deadline)
        connection.setIdleLimit(KNOWN_MS)
      }
      await send(connection, reply)
      await session.afterReply?.()
      session.afterReply = undefined
    }
    if (!session.isOver) connection.write(lineOf(err('Too many mistakes')))
  } catch (error) {
    if (error instanceof LineTooLong) connection.write(lineOf(err('The line is too long')))
    else if (!(error instanceof ConnectionLost)) throw error
  } finally {
    clearTimeout(deadline)
    session.leave()
  }
}

/** A reply leaves as fast as the peer takes it: no more of it is made meanwhile. */
async function send(connection: LineConnection, reply: Reply): Promise<void> {
  connection.write(lineOf(reply))
  if (reply.lines !== undefined) {
    try {
      for await (const piece of reply.lines) {
        connection.write(piece)
        await connection.drained()
      }
    } catch (error) {
      // Half a message must not look like a whole one: no last line.
      connection.destroy()
      throw error
    }
    connection.write('.\r\n')
  }
  await connection.drained()
}

const WRONG_STATE: Record<State, string> = {
  authorization: 'Sign in first',
  transaction: 'Not while signed in',
}

async function carryOut(session: Session, line: Buffer): Promise<Reply> {
  try {
    const { name, rest } = begin(line)
    const command = COMMANDS.get(name)
    if (command === undefined) throw new BadCommand('There is no such command')
    if (!command.states.includes(session.state)) throw new BadCommand(WRONG_STATE[session.state])
    const args = command.parse(new Input(rest))
    if (command.writes === true && session.isReadOnly) return err('This password may only read')
    return await command.run(session, args)
  } catch (error) {
    if (error instanceof BadCommand) return { ...err(error.message), isMistake: true }
    if (error instanceof Declined) return error.reply
    if (error instanceof Refusal) return replyOf(error)
    if (error instanceof ConnectionLost || error instanceof LineTooLong) throw error
    session.context.log.error({ err: error }, 'a POP3 command failed')
    return err('Something went wrong here', 'SYS/TEMP')
  }
}

/** Keyword of three or four characters, then what a space separates. RFC 1939 §3, RFC 2449 §3. */
function begin(line: Buffer): { name: string; rest: string } {
  const [, name = '', rest = ''] = /^([A-Za-z0-9]{3,4})( [^\x00-\x1f\x7f]*)?$/.exec(line.toString()) ?? []
  if (name === '') throw new BadCommand('A command is a name of three or four letters and text')
  return { name: name.toUpperCase(), rest }
}
