/** What belongs to letters beside what RFC 8621 has. Capability urn:zegel:mail. */
import type { Id } from './core.ts'
import type { Address, Finding, DeliveryStatus } from './mail.ts'

/** An address for one sender, which can be switched off. Capability urn:zegel:mail. */
export interface MaskedAddress {
  id: Id
  email: string
  /** What it is for, in its owner's words. */
  name: string
  isOn: boolean
  createdAt: string
  letters: number
  lastLetterAt: string | null
}

/** A letter to begin from. Capability urn:zegel:mail. */
export interface Template {
  id: Id
  name: string
  subject: string
  html: string
  text: string
}

/** Somebody one has written to. Capability urn:zegel:mail. */
export interface Correspondent {
  id: Id
  name: string
  email: string
  count: number
  lastAt: string
}

/** What somebody noted on a message, for themselves. */
export interface Note {
  id: Id
  emailId: Id
  text: string
  createdAt: string
}

/** An address, or all of a domain as "@example.org". */
export interface BlockedSender {
  id: Id
  address: string
  createdAt: string
}

/** An address whose letters never go to the unwanted ones, or all of a domain as "@example.org". */
export interface AllowedSender {
  id: Id
  address: string
  createdAt: string
}

/** A sender whose letters show their remote pictures unasked. */
export interface TrustedSender {
  id: Id
  address: string
  createdAt: string
}

/** A conversation that is out of sight until a time. */
export interface Snooze {
  id: Id
  /** The letter by which it was put off. */
  emailId: Id
  threadId: Id
  until: string
}

/** Asks to look at a letter again when nobody has answered by then. */
export interface Reminder {
  id: Id
  emailId: Id
  dueAt: string
}

/** What became of a letter that came, or that was sent. Capability urn:zegel:mail. */
export interface Story {
  id: Id
  /** When something was last heard of it. */
  at: string
  way: 'in' | 'out'
  fate: Fate
  /** Null where the header was never seen. */
  from: Address | null
  to: string[]
  subject: string | null
  /** Null where it is in no folder, or no more. */
  emailId: Id | null
  /** Of one that came: sender of the envelope, "" for a notice of a server. */
  mailFrom: string | null
  findings: Finding[]
  /** Of one that came by SMTP: who brought it, and what they were answered. */
  smtp: { server: string; address: string; isEncrypted: boolean; reply: string } | null
  /** Of one that was collected: the other provider's server. */
  collectedFrom: string | null
  recipients: StoryRecipient[] | null
}

export interface StoryRecipient {
  address: string
  delivered: DeliveryStatus['delivered'] | 'withdrawn'
  reply: string
}

export type ArrivalFate =
  | 'inbox'
  | 'junk'
  | 'held'
  | 'released'
  | 'discarded'
  | 'dropped'
  | 'passedOn'
  | 'refused'
  | 'deferred'

export type DepartureFate = 'queued' | 'delivered' | 'returned' | 'partly' | 'withdrawn'

export type Fate = ArrivalFate | DepartureFate
