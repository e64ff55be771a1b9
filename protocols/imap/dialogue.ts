import { Refusal } from '#system'
import { ConnectionLost, LineTooLong, type LineConnection } from '#protocols/lines'
import { capabilities } from './capabilities.ts'
import { COMMANDS } from './commands/index.ts'
import { BadCommand } from './input/bad-command.ts'
import { Input } from './input/input.ts'
import { LiteralRefused, readCommand, type ReadCommand } from './input/read-command.ts'
import { bad, completionOf, Declined, lineOf, no, type Completion } from './reply.ts'
import { Session, type ImapContext, type State } from './session.ts'

/** Who has not signed in within this time is no client. Who has may be silent for 30 minutes (RFC 9051 §5.4). */
const UNKNOWN_MS = 60_000
const KNOWN_MS = 31 * 60_000

/** RFC 9051 §7.1.5. */
const SILENT = '* BYE Nothing was heard for too long\r\n'

/** What a command may be as long as, in bytes: before sign-in, and after it. */
const LIMITS = {
  notAuthenticated: { line: 8192, literals: 4096 },
  signedIn: { line: 256 * 1024, literals: 1024 * 1024 },
}

/** Commands in a row that are none: then it is not IMAP that is spoken. */
const MOST_MISTAKES = 20

/** Keeps the dialogue with one client until one of the two has enough. */
export async function converse(context: ImapContext, connection: LineConnection): Promise<void> {
  const { cleartextOnLoopback } = context.config
  const session = new Session(context, connection, cleartextOnLoopback && connection.isLocal)
  connection.setIdleLimit(UNKNOWN_MS, SILENT)
  // However slowly it speaks.
  const deadline = setTimeout(() => connection.part(SILENT), UNKNOWN_MS).unref()
  try {
    session.untagged(`OK [CAPABILITY ${capabilities(session)}] Zegel is ready`)
    for (let mistakes = 0; !session.isOver && mistakes < MOST_MISTAKES;) {
      const wasKnown = session.state !== 'notAuthenticated'
      const completion = await step(session)
      if (completion === undefined) return
      mistakes = completion.status === 'BAD' ? mistakes + 1 : 0
      if (!wasKnown && session.state !== 'notAuthenticated') {
        clearTimeout(deadline)
        connection.setIdleLimit(KNOWN_MS, SILENT)
      }
      await connection.drained()
      await session.afterReply?.()
      session.afterReply = undefined
    }
    if (!session.isOver) session.untagged('BYE That does not seem to be IMAP')
  } catch (error) {
    if (error instanceof LineTooLong) session.untagged('BYE A line is too long')
    else if (!(error instanceof ConnectionLost)) throw error
  } finally {
    clearTimeout(deadline)
    session.leave()
  }
}

/** Reads a command, carries it out and answers. @returns undefined when the client has gone */
async function step(session: Session): Promise<Completion | undefined> {
  const { connection, context } = session
  const limits = session.state === 'notAuthenticated' ? LIMITS.notAuthenticated : LIMITS.signedIn
  const message = session.state === 'notAuthenticated' ? limits.literals : maxMessageBytes(context)
  let taken = 0
  let tag = '*'
  let completion: Completion
  try {
    const read = await readCommand(connection, { ...limits, message }, (bytes) => {
      if (!context.memory.take(bytes)) return false
      taken += bytes
      return true
    })
    if (read === undefined || session.isOver) return undefined
    tag = read.tag
    session.isBusy = true
    // A response that is being sent is not to have another within it.
    await session.told
    session.tag = tag
    completion = await carryOut(session, read)
  } catch (error) {
    if (!(error instanceof BadCommand)) throw error
    if (error instanceof LiteralRefused) tag = error.tag
    completion = error.code === undefined ? bad(error.message) : no(error.message, error.code)
  } finally {
    context.memory.give(taken)
  }
  connection.write(`${tag} ${lineOf(completion)}`)
  session.isBusy = false
  // What the command could not tell, for its sequence numbers, can be told now.
  session.hearNews()
  return completion
}

export const maxMessageBytes = ({ config }: Pick<ImapContext, 'config'>): number =>
  Math.floor(config.smtp.maxMessageMegabytes * 1_000_000)

const WRONG_STATE: Record<State, string> = {
  notAuthenticated: 'Sign in first',
  authenticated: 'Not now: it needs a selected mailbox, or comes before sign-in',
  selected: 'Not while signed in',
}

/** Commands that name messages by sequence numbers, or answer with them. */
const BY_NUMBER = new Set(['FETCH', 'STORE', 'COPY', 'MOVE', 'REPLACE', 'SEARCH', 'SORT', 'THREAD'])

async function carryOut(session: Session, { name, pieces }: ReadCommand): Promise<Completion> {
  const command = COMMANDS.get(name)
  if (command === undefined) return bad('There is no such command')
  if (!command.states.includes(session.state)) return bad(WRONG_STATE[session.state])
  // RFC 9586 §3.
  if (session.has('UIDONLY') && BY_NUMBER.has(name)) return bad('Sequence numbers are not used any more', 'UIDREQUIRED')
  try {
    if (command.writes === true && session.isReadOnly) return no('This password may only read', 'NOPERM')
    // A UID may come from another connection of the same program: what has come is told, and so can be named.
    if (name.startsWith('UID ')) await session.report({ expunges: false })
    const args = command.parse(new Input(pieces), session)
    const completion = await command.run(session, args)
    await session.report({ expunges: command.keepsNumbers !== true })
    return completion
  } catch (error) {
    if (error instanceof BadCommand) return bad(error.message, error.code)
    if (error instanceof ConnectionLost || error instanceof LineTooLong) throw error
    if (!(error instanceof Declined) && !(error instanceof Refusal)) {
      session.context.log.error({ err: error }, 'an IMAP command failed')
      return no('Something went wrong here', 'SERVERBUG')
    }
    // Declined for what has happened meanwhile: the client should hear of that.
    await session.report({ expunges: command.keepsNumbers !== true }).catch(() => undefined)
    return error instanceof Declined ? error.completion : completionOf(error)
  }
}
