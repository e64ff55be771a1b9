import type { Message } from '#formats/message'
import type { Place, Script } from '#formats/sieve'
import type { FaultReason } from './fault.ts'
import type { HeaderEdit } from './edits.ts'
import type { Limits } from './limits.ts'

/** What a script can know: the letter, whom it is for, and what is asked only when it asks. */
export interface Situation {
  /** As it is filed, with the fields that were put before it. */
  message: Message
  envelope: Envelope
  now: Date
  /** Of the account: 'Europe/Brussels'. */
  zone: string
  /** How likely it is junk, from 0 to 100 in the hundred; undefined when nobody has looked. RFC 5235 §3.2. */
  spamPercent?: number | undefined
  /** RFC 5235 §3.3: from 0 (nobody has looked) over 1 (clean) to 5 (a virus). */
  virus: number
  /** RFC 5183 §4.1 by their names: 'domain', 'host', 'location', 'name', 'phase', 'remote-host', 'remote-ip', 'version'. */
  environment: Readonly<Record<string, string>>
  /** What an account may do that differs from LIMITS. */
  limits?: Partial<Limits> | undefined
  /** Gives an address of the owner in the form in which it is written, and undefined for all others. */
  ownAddress(address: string): Promise<string | undefined>
  /** RFC 5490 §3.1: it is there, and this script may file into it. */
  mailboxExists(name: string): Promise<boolean>
  /** RFC 9042 §6. */
  mailboxIdExists(id: string): Promise<boolean>
  /** RFC 8579 §3: some mailbox has it, or this one. */
  hasSpecialUse(attribute: string, mailbox: string | undefined): Promise<boolean>
  /** RFC 6134 §2.5, by names such as 'urn:ietf:params:sieve:addrbook:default'. */
  listExists(list: string): Promise<boolean>
  isListed(list: string, value: string): Promise<boolean>
  /** RFC 6609 §3.2: the script of that name, parsed; undefined when there is none. */
  include(location: 'personal' | 'global', name: string): Promise<Script | undefined>
  /** RFC 7352 §3: whether `remember` was given this id within so many seconds. */
  wasSeen(id: string, seconds: number): Promise<boolean>
}

/** RFC 5228 §5.4: addresses without brackets; '' for the null sender. */
export interface Envelope {
  from: string
  to: string
  /** RFC 5228 §5.4: by whom the sender was signed in, where that is known. */
  auth?: string | undefined
}

/** What a script makes of one letter. */
export interface Outcome {
  /** In the order in which they came; the implicit keep, where it holds, last. After a fault it is one keep. */
  actions: Action[]
  /** How the header looks at the end. Actions before it carry their own. Empty after a fault. */
  edits: readonly HeaderEdit[]
  /** What is to be remembered for `wasSeen` once the actions are done. */
  remember: Remembered[]
  trace: TraceStep[]
  fault?: { reason: FaultReason; place: Place; script?: string; text?: string }
}

/** RFC 7352 §3: for so many seconds; `isLast` when what is known already is to be kept as long again. */
export interface Remembered {
  id: string
  seconds: number
  isLast: boolean
}

/** How a letter is put into a mailbox. */
interface Stored {
  /** RFC 5232: system flags and keywords as IMAP writes them. */
  flags: readonly string[]
  /** The header as it was then. RFC 5293 §6. */
  edits: readonly HeaderEdit[]
}

export interface Keep extends Stored {
  kind: 'keep'
  isImplicit: boolean
}

export interface FileInto extends Stored {
  kind: 'fileinto'
  /** In UTF-8, parts divided as the script has it. */
  mailbox: string
  /** RFC 9042 §4.2: goes before the name. */
  mailboxId: string | undefined
  /** RFC 8579 §4: goes before the name. */
  specialUse: string | undefined
  /** RFC 5490 §3.2. */
  isCreated: boolean
}

export interface Redirect {
  kind: 'redirect'
  /** Undefined where it goes to a list. */
  address: string | undefined
  /** RFC 6134 §2.3: to all whom this list has. */
  list: string | undefined
  edits: readonly HeaderEdit[]
}

/** RFC 5429. `ereject` is said in the dialogue where that can be. */
export interface Reject {
  kind: 'reject' | 'ereject'
  text: string
}

/** An answer that may be sent, if whoever is answered has not had it within `seconds`. RFC 5230. */
export interface Vacation {
  kind: 'vacation'
  to: string
  /** The address of the owner that the letter names; the envelope's sender is the null one. */
  address: string
  /** What stands in From: the script's words, or `address`. */
  from: string
  subject: string
  text: string
  /** RFC 5230 §4.4: `text` is a MIME part, header and body. */
  isMime: boolean
  /** One for all answers that count as the same. */
  handle: string
  /** For so long nobody hears the same again; 0 answers every letter. RFC 6131. */
  seconds: number
  /** RFC 5230 §5.8: the ids of what is answered, without brackets. */
  inReplyTo: string[] | null
  references: string[] | null
}

/** RFC 5436. */
export interface Notify {
  kind: 'notify'
  to: string[]
  cc: string[]
  /** An address of the owner when the script has named one. */
  from: string | undefined
  subject: string
  text: string
  /** From 1, at once, to 3. */
  importance: number
  /** RFC 5436 §2.7: an answer to the null sender has it too. */
  isSenderNull: boolean
}

export interface Discard {
  kind: 'discard'
}

export type Action = Keep | FileInto | Redirect | Reject | Vacation | Notify | Discard

/** What was asked, and what was done, in the order in which it was. No word of the letter stands in it. */
export type TraceStep = { place: Place; script?: string | undefined } & (
  | { test: string; isTrue: boolean }
  | { action: Action['kind'] }
)
