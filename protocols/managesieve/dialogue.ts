import { ConnectionLost, LineTooLong, type LineConnection } from '#protocols/lines'
import { capabilities } from './capabilities.ts'
import { COMMANDS } from './commands/index.ts'
import { BadCommand, LostTrack } from './input/bad-command.ts'
import { LIMITS, readCommand } from './input/read-command.ts'
import { bye, no, ok, replyTo, wireOf, type Reply } from './output/reply.ts'
import { Session, type ManageSieveContext, type State } from './session.ts'

/** Who has not signed in within this time is no client. Who has may be silent for half an hour (RFC 5804 §1.2). */
const UNKNOWN_MS = 3 * 60_000
const KNOWN_MS = 30 * 60_000

/** Commands in a row that are none, or refused before sign-in: then it is not ManageSieve that is spoken, or somebody guesses. */
const MOST_MISTAKES = 20

/** Keeps the dialogue with one client until one of the two has enough. */
export async function converse(context: ManageSieveContext, connection: LineConnection): Promise<void> {
  const { cleartextOnLoopback } = context.config
  const session = new Session(context, connection, cleartextOnLoopback && connection.isLocal)
  connection.setIdleLimit(UNKNOWN_MS)
  // However slowly it speaks.
  const deadline = setTimeout(() => connection.destroy(), UNKNOWN_MS)
  deadline.unref()
  try {
    await send(connection, ok('Zegel is ready', { lines: capabilities(session) }))
    for (let mistakes = 0; !session.isOver && mistakes < MOST_MISTAKES;) {
      const before = session.state
      const reply = await next(session)
      if (reply === undefined) return
      if (reply.isMistake === true || (reply.kind === 'NO' && before === 'nonAuthenticated')) mistakes++
      else if (session.state === 'authenticated') mistakes = 0
      if (session.state !== before) {
        clearTimeout(deadline)
        connection.setIdleLimit(session.state === 'authenticated' ? KNOWN_MS : UNKNOWN_MS)
      }
      if (reply.kind === 'BYE') session.isOver = true
      await send(connection, reply)
      await session.afterReply?.()
      session.afterReply = undefined
    }
    if (!session.isOver) connection.write(wireOf(bye('Too many mistakes')))
  } catch (error) {
    if (error instanceof LineTooLong) connection.write(wireOf(bye('The line is too long')))
    else if (!(error instanceof ConnectionLost)) throw error
  } finally {
    clearTimeout(deadline)
    session.leave()
  }
}

/** Nothing more is read before it is on its way: a client that does not listen is not served. */
async function send(connection: LineConnection, reply: Reply): Promise<void> {
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
