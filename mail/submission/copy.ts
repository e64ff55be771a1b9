import { findFolderByRole, findRecord, FLAG, markReplaced, readPage, updateRecord, type AddedItem } from '#items'
import { addMessage, MAIL, prepareMessage, readMessages, removeFromMailbox, type PreparedMessage } from '#mail'
import type { Message } from '#formats/message'
import { identityFor } from '#mail/identities'
import type { OpenAccount, Storage, Transaction } from '#storage'
import { now, nowMs } from '#system'
import type { CheckedLetter } from './check.ts'
import { ownCopy, type CleaningContext } from './clean.ts'
import { SUBMISSION, submitRecorded, type EnvelopeAddress, type SubmissionRecord } from './record.ts'
import { submit } from './submit.ts'

/**
 * Copies in Sent of what mail programs hand in by SMTP: where its owner wishes so, and of what waits for its time, so that it can be
 * seen and stopped like what was written in the app. Most programs bring a copy of their own by IMAP; one of the two stays.
 */
export interface Copy {
  message: PreparedMessage
  identityId: number
}

/** How much later a program's own copy may come: a large one takes its time on a slow line. */
const AWAITED_MS = 3_600_000

/** The newest in Sent among which one is looked for that a program brought first. */
const NEWEST = 20

/** What is sealed before anything is locked. */
export async function prepareCopy(
  storage: Storage,
  account: OpenAccount,
  message: Message,
  context: Omit<CleaningContext, 'hostname'> & { mailFrom: string; recipients: readonly string[] },
): Promise<Copy> {
  const addresses = [context.mailFrom, ...context.authors.from.map(({ email }) => email)]
  return {
    message: await prepareMessage(account, ownCopy(message, context)),
    identityId: await identityFor(storage, account, addresses),
  }
}

/** What our copy of a letter is found by, as long as a program may bring its own. */
const lookupOf = (messageId: string): string => `copy/${messageId}`

/**
 * Sends a checked letter that a program has handed in, with its copy where it has one, in one transaction.
 * @returns its id in the queue
 * @throws Refusal as `submitRecorded`
 */
export async function submitByProgram(
  tx: Transaction,
  checked: CheckedLetter,
  mailFrom: EnvelopeAddress,
): Promise<number> {
  const { copy, letter, recipients } = checked
  if (copy === undefined) return submit(tx, checked)
  const [messageId = ''] = copy.message.summary.messageId ?? []
  const mailbox = await keepingMailbox(tx)
  const theirs = await findBrought(tx, mailbox, messageId)
  const { id: emailId, threadId } = theirs ?? (await addMessage(tx, copy.message, asSent(mailbox)))
  const ours = theirs === undefined ? lookupOf(messageId) : undefined
  if (ours !== undefined) await letGo(tx, ours)
  const sendAt = new Date(Math.max(letter.sendAt?.getTime() ?? 0, nowMs()))
  const { value } = await submitRecorded(
    tx,
    checked,
    {
      identityId: copy.identityId,
      emailId,
      threadId,
      envelope: { mailFrom, rcptTo: recipients.map(({ email }) => ({ email, parameters: null })) },
      sendAt: `${sendAt.toISOString().slice(0, -5)}Z`,
    },
    ours,
  )
  return value.letterId
}

const asSent = (mailbox: number) => ({ mailboxes: [mailbox], keywords: ['$seen'], receivedAt: now() })

/** Sent; the inbox, which is always there, of who has no Sent. */
const keepingMailbox = async ({ account, sql }: Transaction): Promise<number> =>
  ((await findFolderByRole(account, MAIL, 'sent', sql)) ??
    (await findFolderByRole(account, MAIL, 'inbox', sql))) as number

/** Some programs bring their copy first. */
async function findBrought(
  { account, sql }: Transaction,
  folderId: number,
  messageId: string,
): Promise<Pick<AddedItem, 'id' | 'threadId'> | undefined> {
  const page = await readPage(account, { folderId, collapseThreads: false }, { offset: 0, limit: NEWEST }, sql)
  const messages = await readMessages(account, page?.ids ?? [], { sql })
  return messages.find(({ summary }) => summary?.messageId?.[0] === messageId)
}

/** The same letter was sent before: no copy is awaited for that time any more. */
async function letGo(tx: Transaction, lookup: string): Promise<void> {
  const before = await findRecord(tx.account, SUBMISSION, lookup, tx.sql)
  if (before !== undefined) await updateRecord(tx, SUBMISSION, before.id, { lookup: null })
}

/**
 * A program has brought a message: where that is its copy of a letter of which we have made one, ours makes room. What came last is
 * what the program knows by its UID, with its flags and all its bytes.
 */
export async function makeRoomForTheirs(
  tx: Transaction,
  { id, threadId }: Pick<AddedItem, 'id' | 'threadId'>,
  mailboxes: readonly number[],
  messageId: string | undefined,
): Promise<void> {
  const { account, sql } = tx
  if (messageId === undefined) return
  const record = await findRecord<SubmissionRecord>(account, SUBMISSION, lookupOf(messageId), sql)
  if (record === undefined || record.createdAt.getTime() < nowMs() - AWAITED_MS) return
  const sent = await findFolderByRole(account, MAIL, 'sent', sql)
  if (sent === undefined || !mailboxes.includes(sent)) return
  const { value } = record
  await removeFromMailbox(tx, sent, [value.emailId])
  // Nobody has deleted it: it is not among what can be brought back.
  await markReplaced(tx, MAIL, [value.emailId], FLAG.seen)
  await updateRecord(tx, SUBMISSION, record.id, { value: { ...value, emailId: id, threadId }, lookup: null })
}
