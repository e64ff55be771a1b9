import type { Folder } from '#items'

/** What somebody may do with a mailbox: MailboxRights of RFC 8621 §2, each beside its letters in RFC 4314 §2.1. */
export interface MailboxRights {
  /** l r */
  mayReadItems: boolean
  /** i */
  mayAddItems: boolean
  /** t e */
  mayRemoveItems: boolean
  /** s */
  maySetSeen: boolean
  /** w */
  maySetKeywords: boolean
  /** k */
  mayCreateChild: boolean
  /** x */
  mayRename: boolean
  /** x */
  mayDelete: boolean
  /** p */
  maySubmit: boolean
}

/** The rights of the owner: all, but that the inbox stays what it is, for mail that arrives goes there. */
export function rightsOf({ role }: Pick<Folder, 'role'>): MailboxRights {
  const isInbox = role === 'inbox'
  return {
    mayReadItems: true,
    mayAddItems: true,
    mayRemoveItems: true,
    maySetSeen: true,
    maySetKeywords: true,
    mayCreateChild: true,
    mayRename: !isInbox,
    mayDelete: !isInbox,
    maySubmit: true,
  }
}
