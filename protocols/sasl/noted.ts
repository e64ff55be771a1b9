import type { JournalEntry, Note } from '#trust/journal'
import { Refusal } from '#system'

/**
 * Notes an attempt to sign in once it has been decided, whether it was let in or not. One that has to wait was not looked at, and is
 * not recorded: who guesses without pause fills no journal.
 */
export async function noted<T>(note: Note, entry: JournalEntry, attempt: Promise<T>): Promise<T> {
  try {
    const signedIn = await attempt
    note(entry)
    return signedIn
  } catch (error) {
    if (error instanceof Refusal && (error.reason === 'badCredentials' || error.reason === 'forbidden')) note(entry)
    throw error
  }
}
