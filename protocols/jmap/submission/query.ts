import { z } from 'zod'
import { readRecords, recordChanges, type StoredRecord } from '#items'
import { SUBMISSION, type SubmissionRecord } from '#mail/submission'
import type { OpenAccount } from '#storage'
import { Refusal } from '#system'
import { id, utcDate } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { meets, type Filter } from '../families/filter.ts'
import { pointOf } from '../families/points.ts'
import { queryChangesMethod, queryMethod, windowOf, type Question } from '../families/query.ts'
import { identityIds } from '../mail/identities/index.ts'
import { emailIds, threadIds } from '../mail/ids.ts'
import { submissionIds, submissionState } from './show.ts'

interface Condition {
  identityIds?: readonly string[] | undefined
  emailIds?: readonly string[] | undefined
  threadIds?: readonly string[] | undefined
  undoStatus?: string | undefined
  before?: Date | undefined
  after?: Date | undefined
}

const ids = z.array(id).max(5000)

const description = {
  type: 'EmailSubmission',
  conditions: {
    identityIds: ids,
    emailIds: ids,
    threadIds: ids,
    undoStatus: z.string(),
    before: utcDate,
    after: utcDate,
  },
  // RFC 8621 §7.3 lists sentAt, which no EmailSubmission has: its sendAt is meant.
  sorts: ['emailId', 'threadId', 'sentAt', 'sendAt'],
}

/** Whether each property of a FilterCondition holds, RFC 8621 §7.3. */
const holds: { [P in keyof Condition]-?: (value: SubmissionRecord, wanted: NonNullable<Condition[P]>) => boolean } = {
  identityIds: (value, wanted) => wanted.includes(identityIds.of(value.identityId)),
  emailIds: (value, wanted) => wanted.includes(emailIds.of(value.emailId)),
  threadIds: (value, wanted) => wanted.includes(threadIds.of(value.threadId)),
  undoStatus: (value, wanted) => value.undoStatus === wanted,
  before: (value, wanted) => Date.parse(value.sendAt) < wanted.getTime(),
  after: (value, wanted) => Date.parse(value.sendAt) >= wanted.getTime(),
}

function matches(filter: Filter<Condition> | null, value: SubmissionRecord): boolean {
  return meets(filter, (condition) =>
    Object.entries(condition).every(
      ([name, wanted]) =>
        wanted === undefined ||
        (holds[name as keyof Condition] as (value: SubmissionRecord, wanted: unknown) => boolean)(value, wanted),
    ),
  )
}

const keys: { readonly [property: string]: (value: SubmissionRecord) => number } = {
  emailId: ({ emailId }) => emailId,
  threadId: ({ threadId }) => threadId,
  sentAt: ({ sendAt }) => Date.parse(sendAt),
  sendAt: ({ sendAt }) => Date.parse(sendAt),
}

/** All that match, in order; of those that are equal, the older first. */
async function find(
  account: OpenAccount,
  { filter, sort }: Question<Condition, unknown>,
): Promise<StoredRecord<SubmissionRecord>[]> {
  const all = await readRecords<SubmissionRecord>(account, SUBMISSION, null)
  const order = sort.map(({ property, isAscending }) => ({
    key: keys[property] as (value: SubmissionRecord) => number,
    sign: isAscending ? 1 : -1,
  }))
  return all
    .filter(({ value }) => matches(filter, value))
    .toSorted((a, b) => {
      for (const { key, sign } of order) {
        const difference = key(a.value) - key(b.value)
        if (difference !== 0) return difference * sign
      }
      return a.id - b.id
    })
}

/** EmailSubmission/query, RFC 8621 §7.3. */
export const query = queryMethod({
  ...description,
  async run(_session, account, question, window) {
    const queryState = await submissionState(account)
    const found = await find(account, question)
    return {
      queryState,
      canCalculateChanges: true,
      ...windowOf(
        found.map((record) => submissionIds.of(record.id)),
        window,
      ),
    }
  },
})

/** Submissions that may have changed; whoever has missed more asks for the list again. */
const MOST_CHANGES = 5000

/**
 * EmailSubmission/queryChanges, RFC 8621 §7.4. What changed is taken out and, where it matches, put in again: undoStatus,
 * which may be filtered by, changes (RFC 8620 §5.6).
 */
export const queryChanges = queryChangesMethod({
  ...description,
  async run(_session, account, question, { queryState, most }) {
    const { created, updated, destroyed, hasMore, upTo } = await recordChanges(
      account,
      SUBMISSION,
      pointOf(queryState),
      MOST_CHANGES,
    )
    if (hasMore) throw most === null ? new Refusal('cannotCalculateChanges') : new MethodError('tooManyChanges')
    const found = await find(account, question)
    const touched = new Set([...created, ...updated])
    return {
      newQueryState: String(upTo.change),
      removed: [...updated, ...destroyed].map(submissionIds.of),
      added: found.flatMap((record, index) =>
        touched.has(record.id) ? [{ id: submissionIds.of(record.id), index }] : [],
      ),
      total: found.length,
    }
  },
})
