import { ConnectionLost, LineTooLong } from './connection.ts'
import type { LineSession } from './session.ts'

/** Commands in a row that are none, or refused before sign-in: then another protocol is spoken, or somebody guesses. */
const MOST_MISTAKES = 20

/** How a protocol keeps its dialogues. */
export interface Manner<Reply> {
  /** For how long silence is borne. Who has not signed in within the first is no client. */
  patience: { unknownMs: number; knownMs: number }
  /** What is said before the connection is closed, as it goes over the wire; '' is nothing. */
  farewell: { silent: string; mistakes: string; tooLong: string }
  /** Reads a command and carries it out. @returns undefined when the client has gone */
  next(): Promise<Reply | undefined>
  /** Done once the peer has taken most of it: a client that does not listen is not served. */
  send(reply: Reply): Promise<void>
  /** Whether the command was none, or is refused. */
  isMistake(reply: Reply): boolean
  isRefused(reply: Reply): boolean
}

/** Keeps the dialogue with one client, a command and its reply at a time, until one of the two has enough. */
export async function keepDialogue<Reply>(session: LineSession, manner: Manner<Reply>): Promise<void> {
  const { connection } = session
  const { patience, farewell } = manner
  const bear = (): void =>
    connection.setIdleLimit(session.isSignedIn ? patience.knownMs : patience.unknownMs, farewell.silent)
  bear()
  // However slowly it speaks.
  const deadline = setTimeout(() => connection.part(farewell.silent), patience.unknownMs).unref()
  try {
    for (let mistakes = 0; !session.isOver && mistakes < MOST_MISTAKES;) {
      const wasSignedIn = session.isSignedIn
      const reply = await manner.next()
      if (reply === undefined) return
      if (manner.isMistake(reply) || (manner.isRefused(reply) && !wasSignedIn)) mistakes++
      // What is right before sign-in may be said by who guesses, too.
      else if (session.isSignedIn) mistakes = 0
      if (session.isSignedIn !== wasSignedIn) {
        clearTimeout(deadline)
        bear()
      }
      await manner.send(reply)
      await session.afterReply?.()
      session.afterReply = undefined
    }
    if (!session.isOver) connection.part(farewell.mistakes)
  } catch (error) {
    if (error instanceof LineTooLong) connection.part(farewell.tooLong)
    else if (!(error instanceof ConnectionLost)) throw error
  } finally {
    clearTimeout(deadline)
    session.leave()
  }
}
