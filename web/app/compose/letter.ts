import type { Address, Id } from '../jmap/types.ts'

/** A file or picture of a letter, on the server. */
export interface Part {
  blobId: Id
  name: string
  type: string
  size: number
  /** The Content-ID by which the text shows it. */
  cid?: string
}

/** A letter as it is to be written. */
export interface Content {
  from: Address
  replyTo: Address[] | null
  to: Address[]
  cc: Address[]
  bcc: Address[]
  subject: string
  /** Without angle brackets; the same for every draft of one letter, so that a repeated sending shows to be one. */
  messageId: string
  inReplyTo: string[]
  references: string[]
  /** Asks for attention. */
  important: boolean
  /** Asks to be told when it is read. RFC 8098 §2.1. */
  receipt: boolean
  text: string
  /** None for a plain letter. */
  html: string | undefined
  parts: Part[]
  /** When it is to leave, for a letter that is sent later: its Date. */
  sentAt: Date | undefined
}

/** What Email/set creates: RFC 8621 §4.6. Pictures of the text become multipart/related, versions multipart/alternative. */
export function emailOf(content: Content, mailboxId: Id): Record<string, unknown> {
  const { from, html, text } = content
  const lists = { to: content.to, cc: content.cc, bcc: content.bcc, replyTo: content.replyTo ?? [] }
  return {
    mailboxIds: { [mailboxId]: true },
    keywords: { $draft: true, $seen: true },
    from: [written(from)],
    ...Object.fromEntries(
      Object.entries(lists)
        .filter(([, list]) => list.length > 0)
        .map(([name, list]) => [name, list.map(written)]),
    ),
    subject: oneLine(content.subject),
    messageId: [content.messageId],
    ...(content.inReplyTo.length > 0 ? { inReplyTo: content.inReplyTo } : {}),
    ...(content.references.length > 0 ? { references: content.references } : {}),
    ...(content.sentAt ? { sentAt: content.sentAt.toISOString().replace(/\.\d+Z$/, '+00:00') } : {}),
    // What programs know: the first from X.400 by RFC 2156, the second from custom.
    ...(content.important ? { 'header:Importance:asText': 'high', 'header:X-Priority:asText': '1' } : {}),
    ...(content.receipt ? { 'header:Disposition-Notification-To:asAddresses': [written(from)] } : {}),
    bodyValues: { text: { value: text }, ...(html === undefined ? {} : { html: { value: html } }) },
    textBody: [{ partId: 'text', type: 'text/plain' }],
    ...(html === undefined ? {} : { htmlBody: [{ partId: 'html', type: 'text/html' }] }),
    attachments: content.parts.map(({ blobId, name, type, cid }) => ({
      blobId,
      name,
      type,
      ...(cid === undefined ? { disposition: 'attachment' } : { disposition: 'inline', cid }),
    })),
  }
}

/** An address as a header can hold it: what no header can hold is left out, what is no address yet stays in a draft. */
function written({ name, email }: Address): Address {
  return { name: name === null ? null : oneLine(name), email: oneLine(email).replace(/[<>"\\()]/g, '') }
}

/** Nothing that a person types can end a header line. */
function oneLine(text: string): string {
  return text.replace(/[\x00-\x1f\x7f]+/g, ' ').trim()
}

/** Everybody a letter goes to, each once. */
export function everybody({ to, cc, bcc }: Pick<Content, 'to' | 'cc' | 'bcc'>): Address[] {
  const seen = new Set<string>()
  return [...to, ...cc, ...bcc].filter(({ email }) => {
    const key = email.toLowerCase()
    return !seen.has(key) && seen.add(key)
  })
}
