import { findHolder } from '#accounts'
import {
  findFolderByRole,
  FLAG,
  readItems,
  readRecords,
  readThreads,
  removeRecord,
  updateItems,
  type StoredRecord,
} from '#items'
import { MAIL, readMessages } from '#mail'
import type { OpenAccount, Storage } from '#storage'
import { nowMs } from '#system'

export const REMINDER = 'reminder'

/** The keyword of a message to which nobody has answered in time. */
export const FOLLOW_UP = '$followup'

/** Wants to be told when nobody has answered a message by a time. The record belongs to the message and is due then. */
export interface Reminder extends Record<string, unknown> {
  emailId: string
  /** RFC 3339, UTC. */
  dueAt: string
  kind: 'followUp'
}

/** Messages of one conversation that are looked at for an answer, the newest. */
const MOST = 50

/**
 * Whether somebody else has written in the conversation since. What was not delivered to the account, it has written
 * itself, as it has what came from an address of its own.
 */
async function isAnswered(storage: Storage, account: OpenAccount, messageId: number, threadId: number) {
  const ids = (await readThreads(account, MAIL, [threadId])).get(threadId) ?? []
  const later = ids.filter((id) => id > messageId).slice(-MOST)
  for (const { summary } of await readMessages(account, later)) {
    if (summary?.deliveredTo === undefined) continue
    const from = summary.from?.[0]?.email
    if (from === undefined || (await findHolder(storage, from)) !== account.id) return true
  }
  return false
}

/**
 * Ends a reminder whose message was answered or is gone; one that is due and was not answered brings its message back.
 * May be called for any reminder at any time.
 */
export async function lookAtReminder(
  storage: Storage,
  account: OpenAccount,
  { id, itemId, dueAt }: StoredRecord<Reminder>,
): Promise<void> {
  const isDue = (at: Date | undefined): boolean => at !== undefined && at.getTime() <= nowMs()
  const [message] = itemId === undefined ? [] : await readItems(account, MAIL, [itemId], { summaries: false })
  const isOver = message === undefined || (await isAnswered(storage, account, message.id, message.threadId))
  // Every write is a change, and whoever follows changes looks again.
  if (!isOver && !isDue(dueAt)) return
  await account.write(async (tx) => {
    const [still] = await readRecords<Reminder>(account, REMINDER, [id], tx.sql)
    if (still === undefined) return
    if (!isOver) {
      if (!isDue(still.dueAt)) return
      const inbox = await findFolderByRole(account, MAIL, 'inbox', tx.sql)
      await updateItems(tx, MAIL, [message.id], (item) => ({
        flags: item.flags & ~FLAG.seen,
        keywords: [...new Set([...item.keywords, FOLLOW_UP])],
        // A letter that was sent is in no list that is looked at every day.
        folders: inbox === undefined ? item.folders : [...new Set([...item.folders, inbox])],
      }))
    }
    await removeRecord(tx, REMINDER, id)
  })
}
