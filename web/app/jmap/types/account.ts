/** The account, and how its owner gets in. Capability urn:zegel:account. */
import type { Id } from './core.ts'

/** One signed-in device. Capability urn:zegel:account. */
export interface SignIn {
  id: Id
  createdAt: string
  lastUsedAt: string
  /** Unless it is used before. */
  expiresAt: string
  country: string | null
  browser: string | null
  isCurrent: boolean
}

export type Scope = 'mail' | 'calendar' | 'contacts' | 'documents'

/** A password for one program. Capability urn:zegel:account. */
export interface AppPassword {
  id: Id
  name: string
  scopes: Scope[]
  readOnly: boolean
  createdAt: string
  lastUsedAt: string | null
  country: string | null
  client: string | null
}

/** An address by which the account is known. Capability urn:zegel:account. */
export interface OwnAddress {
  id: Id
  email: string
  isPrimary: boolean
  since: string
}

/** A record that a domain needs in the DNS, and how it stands. */
export interface DomainRecord {
  kind: 'mx' | 'spf' | 'dkim' | 'dmarc' | 'mtaSts' | 'tlsRpt' | 'dane' | 'srv' | 'autoconfig' | 'caa'
  name: string
  type: string
  value: string
  need: 'needed' | 'useful' | 'kept' | 'removable'
  standing: 'right' | 'wrong' | 'missing' | 'silent'
  note:
    | 'addressUnknown'
    | 'alsoElsewhere'
    | 'anybody'
    | 'broken'
    | 'dmarcNone'
    | 'inherited'
    | 'mtaStsTesting'
    | 'noMail'
    | 'otherName'
    | 'policyOld'
    | 'several'
    | 'smarthost'
    | 'tooManyLookUps'
    | 'byMx'
    | null
  found: string[]
}

/** A domain that the account's owner brings, or has asked for. Capability urn:zegel:account. */
export interface OwnDomain {
  id: Id
  domain: string
  state: 'waiting' | 'proven'
  expiresAt: string | null
  proof: { name: string; type: string; value: string }
  seen: 'missing' | 'silent' | 'taken' | null
  lostSince: string | null
  releasedAt: string | null
  catchAll: boolean
  records: DomainRecord[] | null
  lookedAt: string | null
}

/** Where a mail program finds what it asks for. Capability urn:zegel:account. */
export interface MailServer {
  protocol: 'imap' | 'pop3' | 'submission'
  host: string
  port: number
  tls: 'implicit' | 'starttls'
}

/** Settings of the account, a singleton. Capability urn:zegel:account. */
export interface Settings {
  id: 'singleton'
  language: string
  timeZone: string
  theme: 'system' | 'light' | 'dark'
  density: 'compact' | 'regular' | 'relaxed'
  labels: Record<string, { name: string; color: number }>
  /** How long sending can be undone, in seconds. */
  undoSeconds: 0 | 5 | 10 | 20 | 30
  composeFormat: 'rich' | 'plain'
  remotePictures: 'ask' | 'never' | 'always'
  /** Whether single keys act. */
  singleKeys: boolean
  /** Whether the browser says that letters have come. */
  notifications: boolean
  /** Whether what mail programs send by SMTP is kept in Sent. */
  copySent: boolean
}

/** A passkey of the account. */
export interface Passkey {
  id: Id
  name: string
  createdAt: string
  /** Such as 2026-11-29. */
  lastUsedOn: string | null
  isBackedUp: boolean
  host: string
}

/** What somebody gives besides the password; a singleton. Capability urn:zegel:account. */
export interface SecondFactor {
  id: 'singleton'
  isOn: boolean
  totpSince: string | null
  passkeys: Passkey[]
  recoveryCodesLeft: number
  canAddPasskeys: boolean
}

/** The address outside by which a person gets back in, masked; a singleton. Capability urn:zegel:account. */
export interface Recovery {
  id: 'singleton'
  address: string | null
  provenAt: string | null
  /** One that waits for its code. */
  pending: string | null
}

/** What would happen if the account were closed now; a singleton. Capability urn:zegel:account. */
export interface Closing {
  id: 'singleton'
  reopenUntil: string
  eraseAt: string
  reminders: string[]
  /** The address outside, masked. */
  recovery: string | null
  /** For how long mail may be forwarded there, the shortest first. */
  forwardChoices: { days: number; until: string }[]
  isLastOperator: boolean
}

/** The number of a version of the policy, and of one of the terms. */
export interface Versions {
  policy: number
  terms: number
}

/** Which versions of policy and terms the account has agreed to; a singleton. Capability urn:zegel:account. */
export interface Consent {
  id: 'singleton'
  /** Null where it was never asked. */
  agreed: { [name in keyof Versions]: number | null }
  /** Those in force, when it has agreed to older ones. */
  toAgree: Versions | null
  announced: { document: keyof Versions; version: number; from: string }[]
}

/** For which rule the operator has suspended the account; a singleton, or none. Capability urn:zegel:account. */
export interface Suspension {
  id: 'singleton'
  rule: 'advertising' | 'fraud' | 'malware' | 'attacks' | 'impersonation' | 'law'
  since: string
  appealedAt: string | null
  /** Undecided by then, it is lifted. */
  decideBy: string | null
  /** The appeal was turned down, and why. */
  keptAt: string | null
  reason: string | null
}

/** Somebody asks to get in without the second factor; a singleton, or none. Capability urn:zegel:account. */
export interface RecoveryWait {
  id: 'singleton'
  state: 'waiting' | 'ready'
  by: 'person' | 'support'
  begunAt: string
  /** Then the link that lets in is mailed. */
  readyAt: string
  endsAt: string
}
