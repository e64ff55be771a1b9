import type { JournalEntry, Note } from '#trust/journal'
import { count, Refusal, type CountKind } from '#system'

/**
 * Notes an attempt to sign in once it has been decided, whether it was let in or not. One that has to wait was not looked at, and is
 * not recorded: who guesses without pause fills no journal. It is counted all the same.
 */
export async function noted<T>(
  note: Note,
  entry: JournalEntry,
  attempt: Promise<T>,
  protocol: CountKind<'signInFailures'>,
): Promise<T> {
  try {
    const signedIn = await attempt
    note(entry)
    return signedIn
  } catch (error) {
    if (error instanceof Refusal && (error.reason === 'badCredentials' || error.reason === 'forbidden')) note(entry)
    countFailure(protocol, error)
    throw error
  }
}

const FAILURES = new Set<string>(['badCredentials', 'forbidden', 'tooManyAttempts'] satisfies Refusal['reason'][])

/** What was wrong, or came again too soon, is a failure; what could not be looked at is none. */
export function countFailure(protocol: CountKind<'signInFailures'>, error: unknown): void {
  if (error instanceof Refusal && FAILURES.has(error.reason)) count('signInFailures', protocol)
}
