import {
  BadCommand,
  ConnectionLost,
  keepDialogue,
  LineTooLong,
  type LineConnection,
  type SessionContext,
} from '#protocols/lines'
import { Refusal } from '#system'
import { COMMANDS } from './commands/index.ts'
import { Input } from './input/input.ts'
import { Declined, err, lineOf, replyOf, type Reply } from './reply.ts'
import { Session, type State } from './session.ts'

/** Octets of a command without its LF: twice what RFC 2449 §4 asks for. */
const MOST_LINE = 511

const MANNER = {
  // RFC 1939 §3: ten minutes at least for who has signed in, and nothing is said to who is silent.
  patience: { unknownMs: 3 * 60_000, knownMs: 10 * 60_000 },
  farewell: {
    silent: '',
    mistakes: lineOf(err('Too many mistakes')),
    tooLong: lineOf(err('The line is too long')),
  },
  isMistake: (reply: Reply) => reply.isMistake === true,
  isRefused: ({ isOk }: Reply) => !isOk,
}

/** Keeps the dialogue with one client until one of the two has enough. */
export async function converse(context: SessionContext, connection: LineConnection): Promise<void> {
  const session = new Session(context, connection)
  connection.write('+OK Zegel is ready\r\n')
  await keepDialogue(session, {
    ...MANNER,
    // One command after the other, however many have come (RFC 2449 §6.6).
    async next() {
      const line = await connection.readLine(MOST_LINE)
      // Who goes without QUIT has removed nothing (RFC 1939 §6).
      return line && carryOut(session, line)
    },
    send: (reply) => send(connection, reply),
  })
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
