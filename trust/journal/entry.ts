/** Something that happened, as whoever saw it says it. What kind of thing it was is not recorded. */
export interface JournalEntry {
  /** Of the client. */
  ip?: string | undefined
  /** Without angle brackets. */
  messageId?: string | null | undefined
  /** The envelope's, '' for the null sender; of a sign-in, the account's address. */
  sender?: string | undefined
  recipient?: string | undefined
  /** Decoded. */
  subject?: string | null | undefined
  /** Name and version (browserOf); none for mail programs. */
  browser?: string | undefined
  /** About a sealed account: its subjects are not recorded. */
  isSealed?: boolean | undefined
}

/** Takes an entry. Costs next to nothing, waits for nothing and never fails. */
export type Note = (entry: JournalEntry) => void
