/** What is held about a person, and who has looked at it. Capability urn:zegel:privacy. */
import type { Id } from './core.ts'

/** Something that is held about the person, as it stands now, in their words. Capability urn:zegel:privacy. */
export interface HeldCategory {
  id: Id
  group: 'mail' | 'own' | 'account' | 'recorded'
  name: string
  fields: string[]
  why: string
  purposes: { id: string; name: string }[]
  places: { id: string; name: string }[]
  /** Null where it cannot be told. */
  count: number | null
  isMore: boolean
  /** Bytes. */
  size: number | null
  oldestAt: string | null
  keptDays: number | null
  /** When the oldest vanishes. */
  vanishesAt: string | null
  ends: string
  canVanish: boolean
  needsPassword: boolean
  /** Why it cannot vanish earlier. */
  stays: string | null
  barred: 'policy' | 'suspended' | 'closed' | 'ordered' | 'kept' | null
}

/** Something that the journal has about the person. Capability urn:zegel:privacy. */
export interface JournalEntry {
  id: Id
  time: string
  kind: 'signIn' | 'sent' | 'received'
  own: string
  other: string | null
  subject: string | null
  messageId: string | null
  ip: string | null
  country: string | null
  browser: string | null
}

/** A look at the person's data by those who run the service. Capability urn:zegel:privacy. */
export interface AccessEntry {
  id: Id
  number: number
  /** base64url, and the text of which the chain has the digest behind it. */
  salt: string
  text: string
  isAboutEverybody: boolean
}
