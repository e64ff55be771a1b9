import { createFolder } from '#items'
import type { Transaction } from '#storage'
import { MAIL } from '../kind.ts'

/** The mailboxes every account begins with: RFC 8621 roles (IANA "IMAP Mailbox Name Attributes") and their order. */
const STANDARD = [
  { role: 'inbox', name: 'Inbox' },
  { role: 'drafts', name: 'Drafts' },
  { role: 'sent', name: 'Sent' },
  { role: 'archive', name: 'Archive' },
  { role: 'junk', name: 'Junk' },
  { role: 'trash', name: 'Trash' },
] as const

/** Roles a mailbox may have; the rest of the registry means nothing to us. */
export const ROLES: readonly string[] = [
  ...STANDARD.map(({ role }) => role),
  'all',
  'flagged',
  'important',
  'snoozed',
  'subscribed',
]

/** Makes the standard mailboxes of a new account. Faces show a role's name in the reader's language. */
export async function createStandardMailboxes(tx: Transaction): Promise<void> {
  for (const [index, { role, name }] of STANDARD.entries())
    await createFolder(tx, { kind: MAIL, name, role, sortOrder: (index + 1) * 10 })
}
