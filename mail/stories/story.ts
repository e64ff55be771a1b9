import type { EmailAddress } from '#formats/message'
import type { Finding } from '#mail/findings'
import type { FoundOnArrival } from '#mail/signing'
import type { BlobRef, OpenAccount } from '#storage'

/**
 * What became of a letter that came: `deferred` was to come again, `released` was held before, as was what is `discarded`; by its owner's
 * script nothing is here of what was `dropped`, and of what was `passedOn` alone.
 */
export type Fate =
  | 'inbox'
  | 'junk'
  | 'held'
  | 'released'
  | 'discarded'
  | 'dropped'
  | 'passedOn'
  | 'refused'
  | 'deferred'

/** What became of a letter, for whom it was to or from. */
export interface Story {
  /** Whose header it had; null where it was never seen. */
  from: EmailAddress | null
  subject: string | null
  messageId: string | null
  /** Bytes; null where they were not taken. */
  size: number | null
  /** Opens the content, where that is here: in a folder, or held. */
  blob: BlobRef | null
  /** Of one that came. */
  arrival?: {
    fate: Fate
    /** '' for the null sender. */
    mailFrom: string
    /** The address it was for. */
    to: string
    findings: readonly Finding[]
    /** Who brought it, and what they were answered; absent for what came from within. */
    smtp?: SmtpStory
    /** Of one that is held. */
    onward?: Onward
    /** Of one that was collected: the other provider's server. */
    collectedFrom?: string
  }
  /** Of one that was sent: how it stands with each recipient. */
  departure?: { recipients: RecipientStory[] }
}

/** How a letter may go on, once its owner has decided. */
export interface Onward {
  /** By what a server of ours vouches for it. */
  found?: FoundOnArrival
  /** It travels over proven TLS (RFC 8689). */
  isTlsRequired: boolean
  /** Its author is ours. */
  isWrittenHere: boolean
}

export interface SmtpStory {
  /** As the other server named itself. */
  server: string
  address: string
  isEncrypted: boolean
  /** `250 …`: code and words. */
  reply: string
}

export interface RecipientStory {
  address: string
  /** `unknown`: taken by a server that does not say how it went on; `withdrawn`: taken back by its sender. */
  delivered: 'queued' | 'yes' | 'no' | 'unknown' | 'withdrawn'
  /** What the other server answered last, or we ourselves; '' while nobody was asked. */
  reply: string
}

/** A story as it is kept. */
export interface KeptStory extends Story {
  id: number
  at: Date
}

/** Of a text, and of recipients of one letter: however much strangers wrote, a story stays small. */
const LONGEST = 500
const MOST = 1000

/** Of what was found of a letter's origin: half of it would say something else. */
const LONGEST_RESULTS = 10_000

function shortened(key: string, text: string): string {
  if (key === 'results') return text.length > LONGEST_RESULTS ? '' : text
  return text.slice(0, LONGEST).toWellFormed()
}

const bounded = (key: string, value: unknown): unknown =>
  typeof value === 'string' ? shortened(key, value) : Array.isArray(value) ? value.slice(0, MOST) : value

export const sealStory = (account: OpenAccount, id: number, story: Story): Buffer =>
  account.seal('story', id, JSON.stringify(story, bounded))

export const openStory = (account: OpenAccount, id: number, sealed: Uint8Array): Story =>
  JSON.parse(account.open('story', id, sealed).toString()) as Story
