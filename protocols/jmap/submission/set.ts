import { z } from 'zod'
import { readRecords, removeRecord, type StoredRecord } from '#items'
import { cancelSubmission, SUBMISSION, type SubmissionRecord } from '#mail/submission'
import type { OpenAccount } from '#storage'
import { idOrCreationId, object, orNull } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import type { CallSession } from '../calls/method.ts'
import { oneByOne, setMethod, type Wishes } from '../families/set.ts'
import { accountIdOf } from '../ids.ts'
import { applyPatch } from '../json/patch.ts'
import { emailIds } from '../mail/ids.ts'
import { create } from './create.ts'
import { PROPERTIES, showSubmission, submissionIds, submissionState } from './show.ts'

type Json = Record<string, unknown>

const args = {
  onSuccessUpdateEmail: orNull(z.record(idOrCreationId, object)),
  onSuccessDestroyEmail: orNull(z.array(idOrCreationId)),
}

/** EmailSubmission/set, RFC 8621 §7.5. Each letter is a transaction of its own: record and queue are durable together. */
export const set = setMethod({
  type: 'EmailSubmission',
  args,
  state: submissionState,
  async apply(session, account, wishes, outcome) {
    /** The Email of every submission that was created, updated or destroyed. */
    const emails = new Map<string, string>()
    const run = oneByOne<Args>({
      async create(_session, _account, given) {
        const { emailId, ...shown } = await create(session, account, given)
        emails.set(shown.id, emailId)
        return shown
      },
      async update(_session, _account, id, patch) {
        const record = await find(account, id)
        await update(account, record, patch)
        emails.set(id, emailIds.of(record.value.emailId))
        return null
      },
      async destroy(_session, _account, id) {
        const record = await find(account, id)
        await account.write((tx) => removeRecord(tx, SUBMISSION, record.id))
        emails.set(id, emailIds.of(record.value.emailId))
      },
    })
    await run(session, account, wishes, outcome)
    changeEmails(session, account, wishes.args, emails)
    return undefined
  },
})

type Args = Wishes<z.output<z.ZodObject<typeof args>>>['args']

async function find(account: OpenAccount, id: string): Promise<StoredRecord<SubmissionRecord>> {
  const number = submissionIds.numberOf(id)
  const [record] = number === undefined ? [] : await readRecords<SubmissionRecord>(account, SUBMISSION, [number])
  if (record === undefined) throw new SetError('notFound')
  return record
}

/** Only undoStatus changes, and only to "canceled". @throws SetError 'invalidProperties', 'cannotUnsend' */
async function update(account: OpenAccount, record: StoredRecord<SubmissionRecord>, patch: Json): Promise<void> {
  const before: Json = showSubmission(record)
  const after = applyPatch(before, patch)
  const known: readonly string[] = ['id', ...PROPERTIES]
  const isSame = (name: string): boolean => JSON.stringify(after[name]) === JSON.stringify(before[name])
  const isCanceled = after['undoStatus'] === 'canceled'
  const wrong = [...new Set([...known, ...Object.keys(after)])].filter(
    (name) => !isSame(name) && !(name === 'undoStatus' && isCanceled),
  )
  if (wrong.length > 0) throw new SetError('invalidProperties', undefined, { properties: wrong })
  if (!isCanceled) return
  if (!(await account.write((tx) => cancelSubmission(tx, record.id)))) throw new SetError('cannotUnsend')
}

/** The one implicit Email/set for everything that was asked for on success. */
function changeEmails(
  session: CallSession,
  account: OpenAccount,
  { onSuccessUpdateEmail, onSuccessDestroyEmail }: Args,
  emails: ReadonlyMap<string, string>,
): void {
  const emailOf = (id: string): string | undefined => emails.get(session.realId(id) ?? '')
  const updates = new Map<string, Json>()
  for (const [id, patch] of Object.entries(onSuccessUpdateEmail ?? {})) {
    const email = emailOf(id)
    if (email !== undefined) updates.set(email, { ...updates.get(email), ...patch })
  }
  const destroy = [...new Set((onSuccessDestroyEmail ?? []).flatMap((id) => emailOf(id) ?? []))]
  if (updates.size === 0 && destroy.length === 0) return
  session.callAfter('Email/set', {
    accountId: accountIdOf(account.id),
    ...(updates.size > 0 ? { update: Object.fromEntries(updates) } : {}),
    ...(destroy.length > 0 ? { destroy } : {}),
  })
}
