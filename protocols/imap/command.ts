import type { Input } from './input/input.ts'
import type { Completion } from './reply.ts'
import type { Session, State } from './session.ts'

/** A command of IMAP: what it accepts, then what it does. */
export interface Command<Args = unknown> {
  /** In upper case; of the UID commands both words. */
  name: string
  /** In which states it may come. RFC 9051 §3. */
  states: readonly State[]
  /** Whether it changes something, so that a password that only reads may not. */
  writes?: boolean
  /**
   * Whether messages may be said to have gone before it completes. They may not while sequence numbers of the command are in
   * use: FETCH, STORE, SEARCH and what is like them without UID (RFC 9051 §7.5.1).
   */
  keepsNumbers?: boolean
  /** Reads what follows the name. @throws BadCommand */
  parse(input: Input, session: Session): Args
  /** @throws Refusal, Declined, BadCommand */
  run(session: Session, args: Args): Promise<Completion>
}

/** Keeps the type of the arguments between the two halves, and forgets it for the table of commands. */
export const command = <Args>(definition: Command<Args>): Command => definition as Command

/** What a command without arguments accepts. */
export const nothing = (input: Input): Record<string, never> => {
  input.end()
  return {}
}

export const ALWAYS: readonly State[] = ['notAuthenticated', 'authenticated', 'selected']
export const SIGNED_IN: readonly State[] = ['authenticated', 'selected']
