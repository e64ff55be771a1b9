import { addRecord, dueRecords, readRecords, recordsBeyond, removeRecord, updateRecord } from '#items'
import { isQueued, withdraw } from '#mail/outbound'
import { tellRecipients } from '#mail/stories'
import type { Storage, Transaction } from '#storage'
import { now, nowMs, Refusal } from '#system'
import type { CheckedLetter } from './check.ts'
import { submit } from './submit.ts'

/** The kind of record that tells how a letter went. */
export const SUBMISSION = 'submission'

/** An address of an envelope with the SMTP parameters given for it, xtext decoded. RFC 8621 §7. */
export interface EnvelopeAddress {
  email: string
  parameters: Record<string, string | null> | null
}

/** How it went with one recipient. RFC 8621 §7. */
export interface DeliveryStatus {
  smtpReply: string
  delivered: 'queued' | 'yes' | 'no' | 'unknown'
  displayed: 'unknown' | 'yes'
}

/** A letter that was sent by JMAP, or by SMTP with a copy in Sent, as its sender sees it. RFC 8621 §7. */
export interface SubmissionRecord extends Record<string, unknown> {
  identityId: number
  emailId: number
  threadId: number
  envelope: { mailFrom: EnvelopeAddress; rcptTo: EnvelopeAddress[] }
  /** UTCDate. */
  sendAt: string
  undoStatus: 'pending' | 'final' | 'canceled'
  /** By address; what is missing waits in the queue. `#mail/outbound` writes it. */
  deliveryStatus: Record<string, DeliveryStatus>
  letterId: number
  dsnBlobIds: string[]
  mdnBlobIds: string[]
}

type NewSubmission = Pick<SubmissionRecord, 'identityId' | 'emailId' | 'threadId' | 'envelope' | 'sendAt'>

/** How long a record stays after its letter was to leave. */
const KEPT_MS = 30 * 86_400_000

/** Records of one account; of those who send more, the oldest go before their time. */
const MOST_KEPT = 5000

/**
 * Sends a checked letter and makes the record of it, in one transaction. Call `wakeQueue` after the commit.
 * @throws Refusal as `submit`; 'tooManyItems'
 */
export async function submitRecorded(
  tx: Transaction,
  checked: CheckedLetter,
  submission: NewSubmission,
  /** By which it is found again. */
  lookup?: string,
): Promise<{ id: number; value: SubmissionRecord }> {
  const value: SubmissionRecord = {
    ...submission,
    undoStatus: 'pending',
    deliveryStatus: {},
    letterId: await submit(tx, checked),
    dsnBlobIds: [],
    mdnBlobIds: [],
  }
  await makeRoom(tx)
  const dueAt = new Date(Date.parse(value.sendAt) + KEPT_MS)
  const id = await addRecord(tx, { kind: SUBMISSION, value, lookup, dueAt, id: checked.submissionId })
  return { id, value }
}

async function makeRoom(tx: Transaction): Promise<void> {
  const oldest = await recordsBeyond(tx.account, SUBMISSION, MOST_KEPT, tx.sql)
  if (oldest.length === 0) return
  for (const { id, value } of await readRecords<SubmissionRecord>(tx.account, SUBMISSION, oldest, tx.sql))
    if (value.undoStatus !== 'pending') await removeRecord(tx, SUBMISSION, id)
}

/**
 * Takes a letter back that nobody has begun to deliver.
 * @returns whether it will not leave; also when that was so already
 * @throws Refusal 'notFound'
 */
export async function cancelSubmission(tx: Transaction, id: number): Promise<boolean> {
  const [record] = await readRecords<SubmissionRecord>(tx.account, SUBMISSION, [id], tx.sql)
  if (record === undefined) throw new Refusal('notFound')
  const { value } = record
  if (value.undoStatus === 'canceled') return true
  if (value.undoStatus === 'final' || !(await withdraw(tx.sql, value.letterId))) return false
  await updateRecord(tx, SUBMISSION, id, { value: { ...value, undoStatus: 'canceled' } })
  await tellRecipients(tx, value.letterId, (recipient) => ({ ...recipient, delivered: 'withdrawn' }))
  return true
}

/** Takes back every letter that was to leave later, for an account that is closed. @returns how many */
export async function cancelScheduled(tx: Transaction): Promise<number> {
  const records = await readRecords<SubmissionRecord>(tx.account, SUBMISSION, null, tx.sql)
  const later = records.filter(({ value }) => value.undoStatus === 'pending' && Date.parse(value.sendAt) > nowMs())
  let canceled = 0
  for (const { id } of later) if (await cancelSubmission(tx, id)) canceled++
  return canceled
}

/** Records that one run looks at. */
const MOST_AT_ONCE = 500

/** Removes the records of letters that should have left long ago (RFC 8621 §7 leaves to us for how long they stay). */
export async function forgetSubmissions(storage: Storage): Promise<number> {
  const due = await dueRecords(storage, SUBMISSION, MOST_AT_ONCE)
  let forgotten = 0
  for (const { accountId, id } of due) {
    try {
      const account = await storage.openAccount(accountId)
      await account.write((tx) => forget(tx, id))
      forgotten++
    } catch (error) {
      // The account was closed: its records wait with it.
      if (!(error instanceof Refusal && error.reason === 'notFound')) throw error
    }
  }
  return forgotten
}

async function forget(tx: Transaction, id: number): Promise<void> {
  const [record] = await readRecords<SubmissionRecord>(tx.account, SUBMISSION, [id], tx.sql)
  if (record === undefined) return
  // The queue was at rest for long: a letter that still waits there keeps its record for another while.
  if (record.value.undoStatus === 'pending' && (await isQueued(tx.sql, record.value.letterId)))
    await updateRecord(tx, SUBMISSION, id, { dueAt: new Date(now().getTime() + KEPT_MS) })
  else await removeRecord(tx, SUBMISSION, id)
}
