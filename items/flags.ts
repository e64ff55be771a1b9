/**
 * Flag bits of an item, one meaning for every kind. The first five are IMAP's system flags (RFC 9051 §2.3.2) but
 * \Deleted, which belongs to a placement.
 */
export const FLAG = {
  seen: 1,
  answered: 2,
  flagged: 4,
  draft: 8,
  forwarded: 16,
  /** Set by us at arrival: its owner has blocked the sender. A bit, for the receiver can name no keyword. */
  blocked: 32,
  /** Set by us at arrival: the item has attachments. Not a flag that anybody changes. */
  hasAttachment: 1 << 16,
} as const

/** Counts as unread what is neither seen nor a draft (RFC 8621 §2, unreadEmails). */
export const READ = FLAG.seen | FLAG.draft
