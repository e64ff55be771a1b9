/** Mailboxes, letters, and sending them. RFC 8621. */
import type { Id } from './core.ts'

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

/** What writing needs of a message beyond reading it; asked for by name. */
export interface Threading {
  messageId: string[] | null
  inReplyTo: string[] | null
  references: string[] | null
  'header:Disposition-Notification-To:asAddresses': Address[] | null
  'header:Importance:asText': string | null
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
