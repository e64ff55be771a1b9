/** Scripts that file what arrives. RFC 9661, and the capability urn:zegel:sieve. */
import type { Id } from './core.ts'

/** A script that files what arrives. RFC 9661. */
export interface SieveScript {
  id: Id
  name: string | null
  blobId: Id
  isActive: boolean
}

/** What a script would have done with a letter that is here. Capability urn:zegel:sieve. */
export interface TriedLetter {
  emailId: Id
  actions: TriedAction[]
  /** Where the script failed on this one, which would then have stayed in the inbox. `script`: the name of an included one. */
  fault: { line: number; column: number; script: string | null } | null
}

export interface TriedAction {
  kind: 'keep' | 'fileinto' | 'redirect' | 'discard' | 'reject' | 'ereject' | 'vacation' | 'notify'
  /** Of `fileinto`: the names from the top with "/" between them, and the mailbox where it is there. */
  mailbox?: string
  mailboxId?: Id | null
  /** Of `redirect`, `vacation` and `notify`. */
  address?: string
  flags?: string[]
}
