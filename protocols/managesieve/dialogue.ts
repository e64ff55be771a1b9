import {
  BadCommand,
  ConnectionLost,
  keepDialogue,
  LineTooLong,
  type LineConnection,
  type SessionContext,
} from '#protocols/lines'
import { capabilities } from './capabilities.ts'
import { COMMANDS } from './commands/index.ts'
import { LostTrack } from './input/lost-track.ts'
import { LIMITS, readCommand } from './input/read-command.ts'
import { bye, no, ok, replyTo, wireOf, type Reply } from './output/reply.ts'
import { Session, type State } from './session.ts'

const MANNER = {
  // RFC 5804 §1.2: half an hour at least, and BYE with a text before the server closes.
  patience: { unknownMs: 3 * 60_000, knownMs: 30 * 60_000 },
  farewell: {
    silent: wireOf(bye('Nothing was heard for too long')),
    mistakes: wireOf(bye('Too many mistakes')),
    tooLong: wireOf(bye('The line is too long')),
  },
  isMistake: (reply: Reply) => reply.isMistake === true,
  isRefused: ({ kind }: Reply) => kind === 'NO',
}

/** Keeps the dialogue with one client until one of the two has enough. */
export async function converse(context: SessionContext, connection: LineConnection): Promise<void> {
  const session = new Session(context, connection)
  connection.write(wireOf(ok('Zegel is ready', { lines: capabilities(session) })))
  await keepDialogue(session, {
    ...MANNER,
    next: () => next(session),
    send: (reply) => send(session, reply),
  })
}

/** Nothing more is read before it is on its way: a client that does not listen is not served. */
async function send(session: Session, reply: Reply): Promise<void> {
  const { connection } = session
  if (reply.kind === 'BYE') session.isOver = true
  connection.write(wireOf(reply))
  await connection.drained()
}

const WRONG_STATE: Record<State, string> = {
  nonAuthenticated: 'Sign in first',
  authenticated: 'Not while signed in',
}

/** Reads a command and carries it out. @returns undefined when the client has gone */
async function next(session: Session): Promise<Reply | undefined> {
  try {
    const read = await readCommand(session.connection, LIMITS[session.state])
    if (read === undefined) return undefined
    const command = COMMANDS.get(read.name)
    if (command === undefined) throw new BadCommand('There is no such command')
    if (!command.states.includes(session.state)) throw new BadCommand(WRONG_STATE[session.state])
    const args = command.parse(read.input)
    if (command.writes === true && session.isReadOnly) return no('This password only reads')
    return await command.run(session, args)
  } catch (error) {
    if (error instanceof BadCommand) return { ...no(error.message), isMistake: true }
    if (error instanceof LostTrack) return bye(error.message)
    if (error instanceof ConnectionLost || error instanceof LineTooLong) throw error
    const reply = replyTo(error)
    if (reply !== undefined) return reply
    session.context.log.error({ err: error }, 'a ManageSieve command failed')
    return no('Something went wrong here', 'TRYLATER')
  }
}
