/** The JMAP objects the app uses. RFC 8620 (core), RFC 8621 (mail), RFC 8887 (WebSocket). */

export type Id = string

export interface Session {
  username: string
  accounts: Record<Id, { name: string; isReadOnly: boolean }>
  primaryAccounts: Record<string, Id>
  capabilities: Record<string, Record<string, unknown>>
  apiUrl: string
  downloadUrl: string
  uploadUrl: string
  eventSourceUrl: string
  state: string
}

export type Role = 'inbox' | 'drafts' | 'sent' | 'archive' | 'junk' | 'trash'

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
  bodyValues: Record<string, { value: string; isTruncated: boolean; isEncodingProblem: boolean }>
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
  from?: string
  to?: string
  subject?: string
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
export interface SetResult {
  oldState: string | null
  newState: string
  created: Record<Id, { id: Id }> | null
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
  country: string | null
  browser: string | null
  isCurrent: boolean
}

/** Settings of the account, a singleton. Capability urn:zegel:account. */
export interface Settings {
  id: 'singleton'
  language: string
  timeZone: string
  theme: 'system' | 'light' | 'dark'
  density: 'compact' | 'regular' | 'relaxed'
  labels: Record<string, { name: string; color: number }>
}

/** Every method the app calls: its arguments (without accountId) and its response. */
export interface Methods {
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
    result: GetResult<Email & Letter>
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
  'Settings/get': { args: GetArgs; result: GetResult<Settings> }
  'Settings/set': { args: SetArgs; result: SetResult }
  'SignIn/get': { args: GetArgs; result: GetResult<SignIn> }
  'SignIn/set': { args: SetArgs; result: SetResult }
}
export type Method = keyof Methods
