import {
  addRecord,
  findFolderByRole,
  findRecord,
  FLAG,
  listFolders,
  readItems,
  readRecords,
  readThreads,
  removeRecord,
  updateItems,
  updateRecord,
  type StoredRecord,
} from '#items'
import { createMailbox, MAIL } from '#mail'
import type { OpenAccount, Transaction } from '#storage'
import { Refusal } from '#system'
import { isWithinReach } from './reach.ts'

export const SNOOZE = 'snooze'

/** The keyword of a message whose time has come. */
export const SNOOZED = '$snoozed'

/** A conversation that sleeps: its messages of one mailbox are in the mailbox with the role `snoozed` until then. */
export interface Snooze extends Record<string, unknown> {
  /** The message by which it was put to sleep: unread when it comes back. */
  messageId: number
  threadId: number
  /** The mailbox that it left, and where it comes back. */
  mailboxId: number
  messages: number[]
  /** The newest message of the conversation then: a newer one wakes it. */
  newest: number
  /** RFC 3339, UTC. */
  until: string
}

/** Conversations in these do not sleep. */
const SLEEPLESS: readonly (string | undefined)[] = ['drafts', 'junk', 'snoozed', 'trash']

const lookupOf = (threadId: number): string => `thread/${threadId}`

/**
 * Puts a conversation to sleep: the messages that are in the same mailbox as this one, the inbox before others.
 * @returns the record's id
 * @throws Refusal 'notFound' for the message; 'invalid' with `emailId` for one that cannot sleep, with `until` for a time
 *   that is past or beyond five years; 'exists' for a conversation that sleeps
 */
export async function snoozeConversation(account: OpenAccount, messageId: number, until: Date): Promise<number> {
  checkTime(until)
  const [message] = await readItems(account, MAIL, [messageId], { summaries: false })
  if (message === undefined) throw new Refusal('notFound', { fields: ['emailId'] })
  const { threadId } = message
  const ids = (await readThreads(account, MAIL, [threadId])).get(threadId) ?? []
  const thread = await readItems(account, MAIL, ids, { summaries: false })

  return account.write(async (tx) => {
    if ((await findRecord(account, SNOOZE, lookupOf(threadId), tx.sql)) !== undefined) throw new Refusal('exists')
    const folders = await listFolders(account, MAIL, tx.sql)
    const left = folders
      .filter(({ id, role }) => message.folders.includes(id) && !SLEEPLESS.includes(role))
      .toSorted((a, b) => Number(b.role === 'inbox') - Number(a.role === 'inbox'))[0]
    if (left === undefined) throw new Refusal('invalid', { fields: ['emailId'] })
    const messages = thread.filter((item) => item.folders.includes(left.id)).map(({ id }) => id)
    const value: Snooze = {
      messageId,
      threadId,
      mailboxId: left.id,
      messages,
      newest: Math.max(...ids),
      until: utc(until),
    }
    const id = await addRecord(tx, {
      kind: SNOOZE,
      value,
      lookup: lookupOf(threadId),
      itemId: messageId,
      dueAt: until,
    })
    const bed = await snoozedMailbox(tx, new Set(folders.map(({ name }) => name)))
    await updateItems(tx, MAIL, messages, (item) =>
      item.folders.includes(left.id)
        ? {
            folders: [...new Set([...item.folders.filter((folder) => folder !== left.id), bed])],
            keywords: item.keywords.filter((name) => name !== SNOOZED),
          }
        : {},
    )
    return id
  })
}

/** Lets a conversation sleep until another time. @throws Refusal 'notFound', 'invalid' with `until` */
export async function resnooze(account: OpenAccount, id: number, until: Date): Promise<void> {
  checkTime(until)
  await account.write(async (tx) => {
    const record = await findSnooze(tx, id)
    if (record === undefined) throw new Refusal('notFound')
    await updateRecord(tx, SNOOZE, id, { value: { ...record.value, until: utc(until) }, dueAt: until })
  })
}

/** Brings a conversation back before its time. @throws Refusal 'notFound' */
export async function wakeNow(account: OpenAccount, id: number): Promise<void> {
  await account.write(async (tx) => {
    const record = await findSnooze(tx, id)
    if (record === undefined) throw new Refusal('notFound')
    await wake(tx, record, false)
  })
}

export async function findSnooze(tx: Transaction, id: number): Promise<StoredRecord<Snooze> | undefined> {
  const [record] = await readRecords<Snooze>(tx.account, SNOOZE, [id], tx.sql)
  return record
}

/**
 * Brings a conversation back to where it was, or to the inbox where that is gone. Messages that somebody has moved
 * elsewhere meanwhile stay there.
 * @param isDue  its time has come: then it says so
 */
export async function wake(tx: Transaction, { id, value }: StoredRecord<Snooze>, isDue: boolean): Promise<void> {
  const folders = await listFolders(tx.account, MAIL, tx.sql)
  const bed = folders.find(({ role }) => role === 'snoozed')?.id
  const back = folders.find((folder) => folder.id === value.mailboxId) ?? folders.find(({ role }) => role === 'inbox')
  if (bed !== undefined && back !== undefined)
    await updateItems(tx, MAIL, value.messages, (item) => {
      if (!item.folders.includes(bed)) return {}
      const moved = { folders: [...new Set([...item.folders.filter((folder) => folder !== bed), back.id])] }
      if (!isDue || item.id !== value.messageId) return moved
      return { ...moved, flags: item.flags & ~FLAG.seen, keywords: [...new Set([...item.keywords, SNOOZED])] }
    })
  await removeRecord(tx, SNOOZE, id)
}

/** The mailbox in which conversations sleep; made when it is missing. Faces show a role's name in the reader's language. */
async function snoozedMailbox(tx: Transaction, names: ReadonlySet<string>): Promise<number> {
  const known = await findFolderByRole(tx.account, MAIL, 'snoozed', tx.sql)
  if (known !== undefined) return known
  let name = 'Snoozed'
  for (let number = 2; names.has(name); number++) name = `Snoozed ${number}`
  return createMailbox(tx, { name, role: 'snoozed', sortOrder: 15 })
}

function checkTime(until: Date): void {
  if (!isWithinReach(until)) throw new Refusal('invalid', { fields: ['until'] })
}

const utc = (time: Date): string => time.toISOString().replace(/\.\d+Z$/, 'Z')
