/** The JMAP objects the app uses. RFC 8620 (core), RFC 8621 (mail), RFC 8887 (WebSocket). */
import type { PublicKeyCredentialCreationOptionsJSON, RegistrationResponseJSON } from '@simplewebauthn/browser'

export type Id = string

export interface Session {
  username: string
  accounts: Record<
    Id,
    { name: string; isReadOnly: boolean; accountCapabilities?: Record<string, Record<string, unknown>> }
  >
  primaryAccounts: Record<string, Id>
  capabilities: Record<string, Record<string, unknown>>
  apiUrl: string
  downloadUrl: string
  uploadUrl: string
  eventSourceUrl: string
  state: string
}

export type Role = 'inbox' | 'snoozed' | 'drafts' | 'sent' | 'archive' | 'junk' | 'trash'

export interface Mailbox {
  id: Id
  name: string
  parentId: Id | null
  role: Role | string | null
  sortOrder: number
  totalEmails: number
  unreadEmails: number
  totalThreads: number
  unreadThreads: number
  myRights: { mayDelete: boolean; mayRename: boolean; mayCreateChild: boolean; mayAddItems: boolean }
}

export interface Address {
  name: string | null
  email: string
}

/** What a list needs of a message (RFC 8621 §4.1); the bodies come separately. */
export interface Email {
  id: Id
  threadId: Id
  mailboxIds: Record<Id, true>
  keywords: Record<string, true>
  hasAttachment: boolean
  from: Address[] | null
  to: Address[] | null
  subject: string | null
  receivedAt: string
  preview: string
}

export interface BodyPart {
  partId: string | null
  blobId: Id | null
  size: number
  name: string | null
  type: string
  charset: string | null
  disposition: string | null
  cid: string | null
}

/** What reading a message needs beyond the list. */
export interface Letter {
  id: Id
  blobId: Id
  size: number
  sentAt: string | null
  sender: Address[] | null
  replyTo: Address[] | null
  cc: Address[] | null
  bcc: Address[] | null
  textBody: BodyPart[]
  htmlBody: BodyPart[]
  attachments: BodyPart[]
  'header:List-Unsubscribe:asURLs': string[] | null
  'header:Disposition-Notification-To:asAddresses': Address[] | null
  'header:X-Priority:asText': string | null
  'header:Importance:asText': string | null
  /** What was found in it when it came, the weightiest first; null where nothing was looked for. Capability urn:zegel:mail. */
  verdict?: Verdict | null
  /** The address by which it came. Capability urn:zegel:mail. */
  deliveredTo?: string | null
  bodyValues: Record<string, { value: string; isTruncated: boolean; isEncodingProblem: boolean }>
}

/** What speaks for junk has a weight above 0, what speaks against it one below. */
export interface Finding {
  name: string
  weight: number
  values: Record<string, string>
}

export interface Verdict {
  place: 'inbox' | 'junk' | 'held' | 'refused'
  findings: Finding[]
}

export interface Thread {
  id: Id
  emailIds: Id[]
}

export interface EmailCondition {
  inMailbox?: Id
  inMailboxOtherThan?: Id[]
  hasKeyword?: string
  notKeyword?: string
  hasAttachment?: boolean
  before?: string
  after?: string
  minSize?: number
  maxSize?: number
  text?: string
  from?: string
  to?: string
  cc?: string
  bcc?: string
  subject?: string
  body?: string
  attachmentName?: string
}
export type EmailFilter = EmailCondition | { operator: 'AND' | 'OR' | 'NOT'; conditions: EmailFilter[] }

/** A patch of one object: a property, or a JSON pointer into one, and its new value; null removes. RFC 8620 §5.3. */
export type Patch = Record<string, unknown>

export interface ResultReference {
  resultOf: string
  name: string
  path: string
}

export interface SetError {
  type: string
  description?: string | null
  properties?: string[]
  /** What EmailSubmission/set says of addresses and limits. RFC 8621 §7.5. */
  invalidRecipients?: string[]
  /** Why, by address (docs/jmap-extensions.md). */
  reasons?: Record<string, string>
  maxRecipients?: number
  maxSize?: number
  /** Which limit was reached, and why sending is stopped (docs/jmap-extensions.md). */
  limit?: string
  stopped?: string
  /** Which check a letter did not pass, or could not. */
  check?: 'infected' | 'dangerousAttachment' | 'scannerSilent'
}

interface GetArgs {
  ids?: Id[] | null
  '#ids'?: ResultReference
  properties?: string[]
  '#properties'?: ResultReference
}
interface GetResult<T> {
  state: string
  list: T[]
  notFound: Id[]
}
interface Changes {
  oldState: string
  newState: string
  hasMoreChanges: boolean
  created: Id[]
  updated: Id[]
  destroyed: Id[]
}
interface ChangesArgs {
  sinceState: string
  maxChanges?: number
}
interface SetArgs {
  create?: Record<Id, object>
  update?: Record<Id, Patch>
  destroy?: Id[]
}
export interface SetResult<Created = { id: Id }> {
  oldState: string | null
  newState: string
  created: Record<Id, Created> | null
  updated: Record<Id, unknown> | null
  destroyed: Id[] | null
  notCreated: Record<Id, SetError> | null
  notUpdated: Record<Id, SetError> | null
  notDestroyed: Record<Id, SetError> | null
}

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
  /** The script failed on this one, which would then have stayed in the inbox. */
  isFault: boolean
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

/** Who a letter can be from, and what stands below it. RFC 8621 §6. */
export interface Identity {
  id: Id
  name: string
  email: string
  replyTo: Address[] | null
  bcc: Address[] | null
  textSignature: string
  htmlSignature: string
  mayDelete: boolean
}

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

/** How a letter got on its way to one recipient. RFC 8621 §7. */
export interface DeliveryStatus {
  smtpReply: string
  delivered: 'queued' | 'yes' | 'no' | 'unknown'
  displayed: 'unknown' | 'yes'
}

/** The sending of a letter. RFC 8621 §7. */
export interface EmailSubmission {
  id: Id
  identityId: Id
  emailId: Id
  threadId: Id
  sendAt: string
  undoStatus: 'pending' | 'final' | 'canceled'
  deliveryStatus: Record<string, DeliveryStatus> | null
}

/** What writing needs of a message beyond reading it; asked for by name. */
export interface Threading {
  messageId: string[] | null
  inReplyTo: string[] | null
  references: string[] | null
  'header:Disposition-Notification-To:asAddresses': Address[] | null
  'header:Importance:asText': string | null
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
interface Versions {
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

/** What customer service may look at for one ticket. */
export interface Grant {
  fields: ('addresses' | 'deliveries' | 'settings' | 'senders')[]
  /** How far back, of the delivery log. */
  days: number
  until: string
}

/** What somebody has written to customer service. Capability urn:zegel:support. */
export interface Ticket {
  id: Id
  number: number
  kind: 'delivery' | 'access' | 'plan' | 'sync' | 'domain' | 'other'
  state: 'open' | 'answered' | 'closed'
  subject: string
  createdAt: string
  changedAt: string
  closedAt: string | null
  byMail: boolean
  grant: Grant | null
  texts: { at: string; by: 'person' | 'support'; staff: number | null; text: string }[]
}

/** RFC 8621 §8, a singleton. */
export interface VacationResponse {
  id: 'singleton'
  isEnabled: boolean
  fromDate: string | null
  toDate: string | null
  subject: string | null
  textBody: string | null
  htmlBody: string | null
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

/** An address of the account's that stands for many. Capability urn:zegel:lists. */
export interface MailList {
  id: Id
  email: string
  name: string
  posting: 'anybody' | 'members' | 'moderated' | 'approved' | 'owner'
  members: number
  paused: number
  invited: number
  held: number
}

export interface ListMember {
  email: string
  state: 'member' | 'paused' | 'invited'
  since: string
}

/** A letter to a list that waits for its owner. Capability urn:zegel:lists. */
export interface HeldLetter {
  id: Id
  listId: Id
  from: Address[]
  subject: string
  preview: string
  hasAttachment: boolean
  size: number
  mayAnswer: boolean
  heldAt: string
  endsAt: string
}

/** What could not be brought in, and where it is, as far as that is known. */
export interface Damage {
  path?: string
  uid?: number
  number?: number
  offset?: number
  line?: number
  reason: string
}

/** A file that is brought in, or an account at another provider. Capability urn:zegel:transfer. */
export interface MailImport {
  id: Id
  source: 'file' | 'imap'
  /** Of the file, or of whoever signs in there. */
  name: string
  host: string | null
  /** Names of the mailbox that was chosen, from the top. */
  folder: string[] | null
  state: 'uploading' | 'waiting' | 'running' | 'done' | 'stopped' | 'failed'
  /** Why it failed. */
  reason: string | null
  /** Bytes of a file, letters of a provider. */
  size: number
  received: number
  done: number
  folders: number
  foldersDone: number
  added: number
  known: number
  damaged: number
  skipped: number
  damages: Damage[]
  createdAt: string
  changedAt: string
  /** It was not reached, and is tried again then. */
  retryAt: string | null
}

/** How an account at another provider is reached. */
export interface ProviderAccount {
  host: string
  port: number
  security: 'tls' | 'starttls' | 'none'
  user: string
  password: string
}

/** What comes to an account elsewhere, collected again and again. Capability urn:zegel:transfer. */
export interface MailCollection {
  id: Id
  protocol: 'imap' | 'pop3'
  host: string
  port: number
  security: ProviderAccount['security']
  user: string
  /** null: as new letters come, by the rules. */
  mailboxId: Id | null
  everyMinutes: 15 | 60 | 1440
  leavesThere: boolean
  state: 'active' | 'paused'
  isRunning: boolean
  /** Why the last attempt was in vain. */
  reason: string | null
  added: number
  damaged: number
  damages: Damage[]
  createdAt: string
  collectedAt: string | null
  dueAt: string | null
}

/** The small things, identities and those of the capability urn:zegel:mail, that have /get, /changes and /set and nothing more. */
export interface Records {
  Identity: Identity
  Template: Template
  MaskedAddress: MaskedAddress
  MailList: MailList
  Correspondent: Correspondent
  Note: Note
  BlockedSender: BlockedSender
  AllowedSender: AllowedSender
  TrustedSender: TrustedSender
  Snooze: Snooze
  Reminder: Reminder
}
export type RecordType = keyof Records
/** A folder that something deleted lay in. Capability urn:zegel:deleted. */
export interface DeletedFolder {
  id: Id
  /** Names, from the top. */
  path: string[]
  role: Role | string | null
  isThere: boolean
}

export interface Device {
  by: 'browser' | 'session' | 'appPassword' | 'password'
  name: string | null
  protocol: 'jmap' | 'imap' | 'pop3' | 'managesieve'
}

/** What one device deleted at one time. */
export interface Deletion {
  id: Id
  at: string
  lastAt: string
  until: string
  count: number
  left: number
  /** Of those left, how many of each kind, and how many are earlier states of what was overwritten. */
  kinds: Record<string, number>
  overwritten: number
  titles: string[]
  folders: DeletedFolder[]
  removedFolders: DeletedFolder[]
  device: Device | null
  isAsked: boolean
}

/** By what something was deleted that can still be brought back. */
export interface DeletedDevice {
  id: Id
  device: Device | null
  lastAt: string
}

/** A thing that was deleted and can be brought back until a time. */
export interface DeletedItem {
  id: Id
  kind: string
  deletionId: Id
  deletedAt: string
  until: string
  receivedAt: string
  size: number
  folders: DeletedFolder[]
  title: string
  people: Address[]
  preview: string
  hasAttachment: boolean
  /** It is an earlier state of something. */
  isOverwritten: boolean
  email?: (Email & Letter) | null
  /** Of what is no letter, the properties that its type has. */
  value: Record<string, unknown> | null
}

export interface DeletedFilter {
  text?: string
  folderId?: Id
  deletionId?: Id
  deviceId?: Id
}

/** What is to come back: one of these, and with `at` a folder may narrow it. */
export interface Restoring {
  ids?: Id[]
  deletionId?: Id
  folderId?: Id
  at?: string
}

export interface Restored {
  restored: number
  kinds: Record<string, number>
  folders: (DeletedFolder & { count: number; isMade: boolean })[]
  notRestored: Record<Id, SetError>
  hasMore: boolean
}

type RecordMethods = {
  [T in RecordType as `${T}/get`]: { args: GetArgs; result: GetResult<Records[T]> }
} & {
  [T in RecordType as `${T}/changes`]: { args: ChangesArgs; result: Changes }
} & {
  [T in RecordType as `${T}/set`]: { args: SetArgs; result: SetResult }
}

/** Every method the app calls: its arguments (without accountId) and its response. */
export interface Methods extends RecordMethods {
  'Core/echo': { args: object; result: object }
  'Mailbox/get': { args: GetArgs; result: GetResult<Mailbox> }
  'Mailbox/changes': { args: ChangesArgs; result: Changes & { updatedProperties: string[] | null } }
  'Mailbox/set': { args: SetArgs & { onDestroyRemoveEmails?: boolean }; result: SetResult }
  'Thread/get': { args: GetArgs; result: GetResult<Thread> }
  'Thread/changes': { args: ChangesArgs; result: Changes }
  'Email/get': {
    args: GetArgs & {
      bodyProperties?: string[]
      fetchTextBodyValues?: boolean
      fetchHTMLBodyValues?: boolean
      maxBodyValueBytes?: number
    }
    result: GetResult<Email & Letter & Partial<Threading>>
  }
  'Email/changes': { args: ChangesArgs; result: Changes }
  'Email/set': { args: SetArgs; result: SetResult }
  'Email/query': {
    args: {
      filter?: EmailFilter
      sort: { property: string; isAscending: boolean }[]
      collapseThreads?: boolean
      position?: number
      anchor?: Id
      anchorOffset?: number
      limit?: number
      calculateTotal?: boolean
    }
    result: { queryState: string; position: number; ids: Id[]; total?: number }
  }
  'EmailSubmission/get': { args: GetArgs; result: GetResult<EmailSubmission> }
  'EmailSubmission/query': {
    args: {
      filter?: { undoStatus?: EmailSubmission['undoStatus']; emailIds?: Id[] }
      sort?: { property: string; isAscending: boolean }[]
      limit?: number
    }
    result: { queryState: string; position: number; ids: Id[] }
  }
  'EmailSubmission/set': {
    args: SetArgs & { onSuccessUpdateEmail?: Record<string, Patch> }
    result: SetResult
  }
  'Settings/get': { args: GetArgs; result: GetResult<Settings> }
  'Settings/set': { args: SetArgs; result: SetResult }
  'SignIn/get': { args: GetArgs; result: GetResult<SignIn> }
  'SignIn/set': { args: SetArgs; result: SetResult }
  'HeldCategory/get': { args: GetArgs; result: GetResult<HeldCategory> }
  'HeldCategory/vanish': { args: { id: Id; password?: string }; result: { vanished: number } }
  'MailImport/get': { args: GetArgs; result: GetResult<MailImport> }
  'MailImport/set': { args: SetArgs; result: SetResult }
  'MailCollection/get': { args: GetArgs; result: GetResult<MailCollection> }
  'MailCollection/set': { args: SetArgs; result: SetResult }
  'MailExport/prepare': {
    args: { format: 'mbox' | 'maildir'; mailboxId: Id | null }
    result: { path: string; expiresAt: string }
  }
  'HeldDownload/prepare': { args: { password: string }; result: { path: string; expiresAt: string } }
  'JournalEntry/query': {
    args: {
      filter: { after?: string; before?: string; kinds?: JournalEntry['kind'][] }
      position?: number
      limit?: number
    }
    result: { ids: Id[]; position: number }
  }
  'JournalEntry/get': { args: GetArgs; result: GetResult<JournalEntry> }
  'AccessEntry/query': { args: { position?: number; limit?: number }; result: { ids: Id[]; position: number } }
  'AccessEntry/get': { args: GetArgs; result: GetResult<AccessEntry> }
  'Address/get': { args: GetArgs; result: GetResult<OwnAddress> }
  'Address/set': { args: SetArgs; result: SetResult<OwnAddress> }
  'Address/domains': { args: object; result: { domains: string[] } }
  'MailList/members': { args: { listId: Id }; result: { list: ListMember[] } }
  'MailList/add': {
    args: { listId: Id; emails: string[] }
    result: { members: string[]; invited: string[]; known: string[]; invalid: string[]; left: string[] }
  }
  'MailList/takeOff': { args: { listId: Id; emails: string[] }; result: { takenOff: string[] } }
  'MailList/resume': { args: { listId: Id; email: string }; result: object }
  'HeldLetter/get': { args: GetArgs & { listId: Id }; result: GetResult<HeldLetter> }
  'HeldLetter/decide': {
    args: { ids: Id[]; accept: boolean; reason?: string | null }
    result: { decided: Id[]; notDecided: Record<Id, SetError> | null }
  }
  'OwnDomain/get': { args: GetArgs; result: GetResult<OwnDomain> }
  'OwnDomain/set': { args: SetArgs; result: SetResult<OwnDomain> }
  'OwnDomain/look': { args: { id: Id }; result: { domain: OwnDomain | null } }
  'AppPassword/get': { args: GetArgs; result: GetResult<AppPassword> }
  'AppPassword/set': { args: SetArgs & { password?: string }; result: SetResult<{ id: Id; secret: string }> }
  'Password/get': { args: GetArgs; result: GetResult<{ id: Id; worksInPrograms: boolean }> }
  'Password/set': { args: SetArgs; result: SetResult }
  'Password/change': { args: { current: string; new: string }; result: object }
  'SecondFactor/get': { args: GetArgs; result: GetResult<SecondFactor> }
  'SecondFactor/beginTotp': { args: { password: string }; result: { secret: string; uri: string; token: string } }
  'SecondFactor/addTotp': { args: { token: string; code: string }; result: { recoveryCodes: string[] | null } }
  'SecondFactor/removeTotp': { args: { password: string }; result: object }
  'SecondFactor/beginPasskey': {
    args: { password: string }
    result: { options: PublicKeyCredentialCreationOptionsJSON; token: string }
  }
  'SecondFactor/addPasskey': {
    args: { token: string; name: string; credential: RegistrationResponseJSON }
    result: { id: Id; recoveryCodes: string[] | null }
  }
  'SecondFactor/renamePasskey': { args: { id: Id; name: string }; result: { name: string } }
  'SecondFactor/removePasskey': { args: { id: Id; password: string }; result: object }
  'SecondFactor/makeRecoveryCodes': { args: { password: string }; result: { recoveryCodes: string[] } }
  'Recovery/get': { args: GetArgs; result: GetResult<Recovery> }
  'Recovery/request': { args: { address: string; password: string }; result: { expiresAt: string } }
  'Recovery/confirm': { args: { code: string }; result: object }
  'Closing/get': { args: GetArgs; result: GetResult<Closing> }
  'Closing/close': {
    args: { password: string; forwardDays: number | null }
    result: { reopenUntil: string; eraseAt: string; forwardUntil: string | null }
  }
  'Consent/get': { args: GetArgs; result: GetResult<Consent> }
  'Consent/agree': { args: Versions; result: object }
  'Suspension/get': { args: GetArgs; result: GetResult<Suspension> }
  'Suspension/appeal': { args: { text: string }; result: { decideBy: string } }
  'RecoveryWait/get': { args: GetArgs; result: GetResult<RecoveryWait> }
  'RecoveryWait/stop': { args: object; result: { stopped: boolean } }
  'Ticket/get': { args: GetArgs; result: GetResult<Ticket> }
  'Ticket/set': { args: SetArgs; result: SetResult }
  'VacationResponse/get': { args: GetArgs; result: GetResult<VacationResponse> }
  'VacationResponse/set': { args: SetArgs; result: SetResult }
  'SieveScript/get': { args: GetArgs; result: GetResult<SieveScript> }
  'SieveScript/set': {
    args: SetArgs & { ifInState?: string; onSuccessActivateScript?: Id; onSuccessDeactivateScript?: boolean }
    result: SetResult
  }
  'SieveScript/validate': { args: { blobId: Id }; result: { error: SetError | null } }
  'SieveScript/try': {
    args: { content: string; limit: number }
    result: {
      list: TriedLetter[]
      error: { description: string; line: number; column: number } | null
      isPartial: boolean
    }
  }
  'SearchSnippet/get': {
    args: { filter: EmailFilter; emailIds: Id[] }
    result: { list: { emailId: Id; subject: string | null; preview: string | null }[]; notFound: Id[] | null }
  }
  'Search/suggest': { args: { text: string; limit?: number }; result: { words: string[]; people: Address[] } }
  'Search/terms': { args: { filter: EmailFilter }; result: { words: string[] } }
  'Email/unsubscribe': { args: { emailId: Id }; result: { done?: 'posted' | 'mailed'; url?: string } }
  'MDN/send': {
    args: { identityId: Id; send: Record<string, object>; onSuccessUpdateEmail?: Record<string, Patch> }
    result: { sent: Record<string, object> | null; notSent: Record<string, SetError> | null }
  }
  'Story/get': { args: GetArgs; result: GetResult<Story> }
  'Story/query': {
    args: { filter?: { text?: string; way?: Story['way']; fates?: readonly Fate[] }; limit?: number }
    result: { queryState: string; position: number; ids: Id[] }
  }
  'Story/set': { args: SetArgs; result: SetResult }
  'Deletion/get': { args: GetArgs; result: GetResult<Deletion> }
  'Deletion/query': {
    args: { filter?: { isAsked?: true; deviceId?: Id }; position?: number; limit?: number }
    result: { queryState: string; position: number; ids: Id[] }
  }
  'DeletedDevice/get': { args: GetArgs; result: GetResult<DeletedDevice> }
  'Deletion/set': { args: SetArgs; result: SetResult }
  'DeletedItem/get': {
    args: GetArgs & {
      emailProperties?: string[]
      bodyProperties?: string[]
      fetchTextBodyValues?: boolean
      fetchHTMLBodyValues?: boolean
      maxBodyValueBytes?: number
    }
    result: GetResult<DeletedItem>
  }
  'DeletedItem/query': {
    args: { filter?: DeletedFilter; position?: number; limit?: number; calculateTotal?: boolean }
    result: { queryState: string; position: number; ids: Id[]; total?: number }
  }
  'DeletedItem/restore': { args: Restoring & { dryRun?: boolean }; result: Restored }
  'Note/query': { args: { filter: { emailIds: Id[] } }; result: { ids: Id[] } }
}
export type Method = keyof Methods
