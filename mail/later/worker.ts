import {
  dueRecords,
  findFolderByRole,
  readItems,
  readRecords,
  readThreads,
  removeRecord,
  type StoredRecord,
} from '#items'
import { followAccounts, MAIL, readMessages } from '#mail'
import type { OpenAccount, Storage } from '#storage'
import { nowMs, type Log } from '#system'
import { lookAtReminder, REMINDER, type Reminder } from './reminder.ts'
import { findSnooze, SNOOZE, wake, type Snooze } from './snooze.ts'

/** Records handled in one go. */
const BATCH = 500

/** Brings back what is due and what changes make come back, until stopped. Killed in between, it goes on at the next start. */
export function startLater({ storage, log }: { storage: Storage; log: Log }): { stop(): Promise<void> } {
  const parts = [
    followAccounts({ storage, log, kind: SNOOZE, look: lookAtSnoozes, lookAtAll: () => wakeDue(storage) }),
    followAccounts({
      storage,
      log,
      kind: REMINDER,
      look: (account) => lookAtReminders(storage, account),
      lookAtAll: () => remindDue(storage),
    }),
  ]
  return {
    async stop() {
      await Promise.all(parts.map((part) => part.stop()))
    },
  }
}

/** Wakes the conversations whose time has come. */
export const wakeDue = (storage: Storage): Promise<void> =>
  eachDue(storage, SNOOZE, (account, id) =>
    account.write(async (tx) => {
      const record = await findSnooze(tx, id)
      if (record?.dueAt !== undefined && record.dueAt.getTime() <= nowMs()) await wake(tx, record, true)
    }),
  )

/** Brings back the messages to which nobody has answered in time. */
export const remindDue = (storage: Storage): Promise<void> =>
  eachDue(storage, REMINDER, async (account, id) => {
    const [record] = await readRecords<Reminder>(account, REMINDER, [id])
    if (record !== undefined) await lookAtReminder(storage, account, record)
  })

/** One that fails leaves the others their turn. */
async function eachDue(
  storage: Storage,
  kind: string,
  act: (account: OpenAccount, id: number) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  for (const { accountId, id } of await dueRecords(storage, kind, BATCH))
    try {
      await act(await storage.openAccount(accountId), id)
    } catch (error) {
      failures.push(error)
    }
  if (failures.length > 0) throw failures[0]
}

/** Wakes conversations in which something arrived, and forgets those that somebody has taken out by hand. */
export async function lookAtSnoozes(account: OpenAccount): Promise<void> {
  const records = await readRecords<Snooze>(account, SNOOZE, null)
  if (records.length === 0) return
  const values = records.map(({ value }) => value)
  const threadIds = values.map(({ threadId }) => threadId)
  const threads = await readThreads(account, MAIL, threadIds)
  const asleep = await idsIn(
    account,
    'snoozed',
    values.flatMap(({ messages }) => messages),
  )
  for (const record of records) {
    const { threadId, newest, messages } = record.value
    const later = (threads.get(threadId) ?? []).filter((id) => id > newest)
    if (later.length > 0 && (await hasArrival(account, later))) await settle(account, record, 'wake')
    else if (!messages.some((id) => asleep.has(id))) await settle(account, record, 'forget')
  }
}

/** Which of these messages are in the mailbox with a role. */
async function idsIn(account: OpenAccount, role: string, ids: readonly number[]): Promise<Set<number>> {
  const mailbox = await findFolderByRole(account, MAIL, role)
  if (mailbox === undefined) return new Set()
  const items = await readItems(account, MAIL, ids, { summaries: false })
  return new Set(items.filter(({ folders }) => folders.includes(mailbox)).map(({ id }) => id))
}

const settle = (account: OpenAccount, { id }: StoredRecord<Snooze>, what: 'wake' | 'forget'): Promise<void> =>
  account.write(async (tx) => {
    const record = await findSnooze(tx, id)
    if (record === undefined) return
    if (what === 'wake') await wake(tx, record, false)
    else await removeRecord(tx, SNOOZE, id)
  })

/** Whether one of these came from outside and was not taken for junk. */
async function hasArrival(account: OpenAccount, ids: readonly number[]): Promise<boolean> {
  const junk = await findFolderByRole(account, MAIL, 'junk')
  const messages = await readMessages(account, ids)
  return messages.some(
    ({ summary, mailboxes }) => summary?.deliveredTo !== undefined && mailboxes.some((mailbox) => mailbox !== junk),
  )
}

/** Ends the reminders of letters that were answered, or are gone. */
export async function lookAtReminders(storage: Storage, account: OpenAccount): Promise<void> {
  const records = await readRecords<Reminder>(account, REMINDER, null)
  const ids = records.flatMap(({ itemId }) => itemId ?? [])
  const items = new Map((await readItems(account, MAIL, ids, { summaries: false })).map((item) => [item.id, item]))
  const threadIds = [...items.values()].map(({ threadId }) => threadId)
  const threads = await readThreads(account, MAIL, threadIds)
  for (const record of records) {
    const item = items.get(record.itemId ?? 0)
    const hasMore = item !== undefined && threads.get(item.threadId)?.some((id) => id > item.id) === true
    // Most have nothing new in their conversation.
    if (item === undefined || hasMore) await lookAtReminder(storage, account, record)
  }
}
