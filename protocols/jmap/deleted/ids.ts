import { idsWith } from '../ids.ts'

/** An item keeps its number while it is deleted; as a DeletedItem it has a letter of its own. */
export const deletedIds = idsWith('D')
export const deletionIds = idsWith('L')
/** Folders of every kind, by the letter that mailboxes have. */
export { mailboxIds as folderIds } from '../mail/ids.ts'

const DAY_MS = 86_400_000

/** What is restorable was deleted at this time or later. */
export const restorableSince = ({ retention }: { retention: { deletedDays: number } }, nowMs: number): Date =>
  new Date(nowMs - retention.deletedDays * DAY_MS)

/** Until when something deleted can be brought back. */
export const restorableUntil = ({ retention }: { retention: { deletedDays: number } }, deletedAt: Date): Date =>
  new Date(deletedAt.getTime() + retention.deletedDays * DAY_MS)
