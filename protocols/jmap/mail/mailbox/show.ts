import type { Folder } from '#items'
import { rightsOf } from '#mail'
import type { Shown } from '../../families/get.ts'
import { mailboxIds } from '../ids.ts'

/** What may be set. RFC 8621 §2. */
export const SETTABLE = ['name', 'parentId', 'role', 'sortOrder', 'isSubscribed'] as const
export const COUNTS = ['totalEmails', 'unreadEmails', 'totalThreads', 'unreadThreads'] as const
export const PROPERTIES = [...SETTABLE, ...COUNTS, 'myRights'] as const

/** What of a folder is shown. */
type ShownFolder = Omit<Folder, 'kind' | 'uidValidity' | 'uidNext' | 'unseenDrafts' | 'itemsChange'>

/** A Mailbox object, RFC 8621 §2. */
export const showMailbox = (folder: ShownFolder): Shown => ({
  id: mailboxIds.of(folder.id),
  name: folder.name,
  parentId: folder.parentId === 0 ? null : mailboxIds.of(folder.parentId),
  role: folder.role ?? null,
  sortOrder: folder.sortOrder,
  isSubscribed: folder.isSubscribed,
  totalEmails: folder.total,
  unreadEmails: folder.unread,
  totalThreads: folder.threads,
  unreadThreads: folder.unreadThreads,
  myRights: rightsOf(folder),
})
