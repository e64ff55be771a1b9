import { readRecords, recordChanges, recordState, type StoredRecord } from '#items'
import { SUBMISSION, type DeliveryStatus, type SubmissionRecord } from '#mail/submission'
import type { OpenAccount } from '#storage'
import { normalizeAddress } from '#formats/message'
import type { DataType } from '../capability.ts'
import { changesMethod } from '../families/changes.ts'
import { getMethod, type Shown } from '../families/get.ts'
import { changesOf, pointOf } from '../families/points.ts'
import { idsWith } from '../ids.ts'
import { identityIds } from '../mail/identities/index.ts'
import { emailIds, threadIds } from '../mail/ids.ts'

export const submissionIds = idsWith('S')

export const submissionState = async (account: OpenAccount): Promise<string> =>
  String(await recordState(account, SUBMISSION))

export const submissionType: DataType = { name: 'EmailSubmission', state: submissionState }

/** Properties of an EmailSubmission, RFC 8621 §7, without its id. */
export const PROPERTIES = [
  'identityId',
  'emailId',
  'threadId',
  'envelope',
  'sendAt',
  'undoStatus',
  'deliveryStatus',
  'dsnBlobIds',
  'mdnBlobIds',
] as const

export function showSubmission({ id, value }: Pick<StoredRecord<SubmissionRecord>, 'id' | 'value'>): Shown {
  const { letterId: _, ...shown } = value
  return {
    ...shown,
    id: submissionIds.of(id),
    identityId: identityIds.of(value.identityId),
    emailId: emailIds.of(value.emailId),
    threadId: threadIds.of(value.threadId),
    deliveryStatus: value.undoStatus === 'canceled' ? null : statusOf(value),
  }
}

const QUEUED: DeliveryStatus = { smtpReply: '250 2.0.0 Queued', delivered: 'queued', displayed: 'unknown' }

/** Of every recipient, by the address that the envelope names. One that it names in two ways is written to once. */
function statusOf({ envelope, deliveryStatus }: SubmissionRecord): Record<string, DeliveryStatus> {
  const key = (address: string): string => normalizeAddress(address) ?? address
  const known = new Map(Object.entries(deliveryStatus).map(([address, status]) => [key(address), status]))
  return Object.fromEntries(envelope.rcptTo.map(({ email }) => [email, known.get(key(email)) ?? QUEUED]))
}

/** EmailSubmission/get, RFC 8621 §7.1. */
export const get = getMethod({
  type: 'EmailSubmission',
  properties: PROPERTIES,
  state: submissionState,
  load: async (_session, account, { ids }) =>
    (await readRecords<SubmissionRecord>(account, SUBMISSION, ids === null ? null : submissionIds.numbersOf(ids))).map(
      showSubmission,
    ),
})

/** EmailSubmission/changes, RFC 8621 §7.2. */
export const changes = changesMethod({
  type: 'EmailSubmission',
  changes: async (account, since, most) =>
    changesOf(await recordChanges(account, SUBMISSION, pointOf(since), most), submissionIds.of),
})
