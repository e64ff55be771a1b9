import type { Arguments } from './input/arguments.ts'
import type { Reply } from './output/reply.ts'
import type { Session, State } from './session.ts'

/** A command of ManageSieve: what it accepts, then what it does. */
export interface Command<Args = unknown> {
  /** In upper case. */
  name: string
  /** In which states it may come. RFC 5804 §4. */
  states: readonly State[]
  /** Whether it changes something, so that a password that only reads may not. */
  writes?: boolean
  /** Reads what follows the name. @throws BadCommand, SieveError, Refusal */
  parse(input: Arguments): Args
  /** @throws Refusal, SieveError, Declined, BadCommand */
  run(session: Session, args: Args): Promise<Reply>
}

/** Keeps the type of the arguments between the two halves, and forgets it for the table of commands. */
export const command = <Args>(definition: Command<Args>): Command => definition as Command

/** What a command without arguments accepts. */
export const nothing = (input: Arguments): Record<string, never> => {
  input.end()
  return {}
}
