import { z } from 'zod'
import { fieldValue, findFields, parseDate, parseMessage, type Message } from '#formats/message'
import { dropUpload, writeKind } from '#items'
import { adoptMessage, bytesOf, MAIL, prepareMessage } from '#mail'
import type { OpenAccount, Transaction } from '#storage'
import { now } from '#system'
import { id, object, orNull, state } from '../../calls/arguments.ts'
import { MethodError, SetError, setError } from '../../calls/errors.ts'
import { method, type CallSession } from '../../calls/method.ts'
import type { Shown } from '../../families/get.ts'
import { limits, maxSizeUpload } from '../../limits.ts'
import { mailError } from '../reports.ts'
import { emailState, statesOf } from '../states.ts'
import { addEmail, contentOf, placingOf, type PreparedEmail } from './create.ts'

type Json = Record<string, unknown>

interface PreparedImport extends PreparedEmail {
  /** The upload that becomes the message's content. */
  uploadId: string | undefined
}

/** Email/import, RFC 8621 §4.8: all in one transaction, each message for itself. The same message may be there twice. */
export const importEmails = method({
  name: 'Email/import',
  args: z.strictObject({ accountId: id, ifInState: orNull(state), emails: z.record(id, object) }),
  async run(session, { accountId, ifInState, emails }) {
    const account = session.openAccount(accountId)
    if (Object.keys(emails).length > limits.maxObjectsInSet) throw new MethodError('requestTooLarge')
    if (ifInState !== null && ifInState !== (await emailState(account))) throw new MethodError('stateMismatch')

    const notCreated: Record<string, SetError> = {}
    const prepared = new Map<string, PreparedImport>()
    for (const [creationId, given] of Object.entries(emails)) {
      try {
        prepared.set(creationId, await prepareImport(session, account, given))
      } catch (error) {
        notCreated[creationId] = declined(error)
      }
    }
    const written = await writeKind(account, MAIL, (tx) => addAll(tx, prepared))
    const { created, failed } = written.result
    for (const [creationId, { id: emailId }] of Object.entries(created)) session.createdIds.set(creationId, emailId)
    return {
      accountId,
      ...statesOf(written, 'items'),
      created: orNothing(created),
      notCreated: orNothing({ ...notCreated, ...failed }),
    }
  },
})

async function addAll(
  tx: Transaction,
  prepared: ReadonlyMap<string, PreparedImport>,
): Promise<{ created: Record<string, Shown>; failed: Record<string, SetError> }> {
  const created: Record<string, Shown> = {}
  const failed: Record<string, SetError> = {}
  for (const [creationId, email] of prepared) {
    try {
      created[creationId] = await addEmail(tx, email)
      if (email.uploadId !== undefined) await dropUpload(tx, email.uploadId)
    } catch (error) {
      failed[creationId] = declined(error)
    }
  }
  return { created, failed }
}

/** @throws `error` again when it is a fault of ours */
function declined(error: unknown): SetError {
  const reason = setError(mailError(error))
  if (reason === undefined) throw error
  return reason
}

const orNothing = (map: Json): Json | null => (Object.keys(map).length === 0 ? null : map)

const KNOWN = new Set(['blobId', 'mailboxIds', 'keywords', 'receivedAt'])

/** @throws SetError */
async function prepareImport(session: CallSession, account: OpenAccount, given: Json): Promise<PreparedImport> {
  const unknown = Object.keys(given).filter((name) => !KNOWN.has(name))
  if (unknown.length > 0) throw new SetError('invalidProperties', undefined, { properties: unknown })
  // Before the content is looked at, which costs more.
  const placing = placingOf(session, given, now)
  const content = await contentOf(account, given['blobId'])
  if (content === undefined)
    throw new SetError('invalidProperties', 'there is no such blob', { properties: ['blobId'] })
  const maxSize = maxSizeUpload(session.context.config)
  if (content.size > maxSize) throw new SetError('tooLarge', undefined, { maxSize })
  const bytes = await bytesOf(content)
  const message = parseMessage(bytes)
  if (message.root.fields.length === 0) throw new SetError('invalidEmail', 'it has no header')
  const receivedAt = given['receivedAt'] == null ? (lastReceivedAt(message) ?? placing.receivedAt) : placing.receivedAt
  const { blob } = content
  return {
    ...placing,
    receivedAt,
    message: blob === undefined ? await prepareMessage(account, bytes) : adoptMessage(account, blob.ref, bytes),
    uploadId: blob?.isUpload === true ? blob.ref.id : undefined,
  }
}

/** When the last server that handled the message had it: the topmost Received field, RFC 5321 §4.4. */
function lastReceivedAt(message: Message): Date | undefined {
  const [field] = findFields(message, message.root, 'Received')
  const text = field && fieldValue(message, field, 'Raw')
  const date = text && parseDate(text.slice(text.lastIndexOf(';') + 1))
  return date ? new Date(date) : undefined
}
