import { z } from 'zod'
import { browserOf } from '#accounts'
import { readMessages, type StoredMessage } from '#mail'
import { identityOf } from '#mail/identities'
import { wakeQueue } from '#mail/outbound'
import {
  checkSubmission,
  FAULTS,
  maxMessageBytes,
  parseRecipient,
  RecipientsRefused,
  submitRecorded,
  type CheckedLetter,
  type Fault,
  type Submission,
  type WhyNot,
} from '#mail/submission'
import type { OpenAccount } from '#storage'
import { nowMs, Refusal, type Config, type Reason } from '#system'
import { SetError } from '../calls/errors.ts'
import type { CallSession } from '../calls/method.ts'
import type { Shown } from '../families/get.ts'
import { identityIds } from '../mail/identities/index.ts'
import { emailIds, utcDateOf } from '../mail/ids.ts'
import { Envelope, envelopeOf, submissionOf } from './envelope.ts'
import { showSubmission } from './show.ts'

const Given = z.strictObject({
  identityId: z.string(),
  emailId: z.string(),
  envelope: Envelope.nullish().transform((envelope) => envelope ?? null),
})

/** Sends a message: EmailSubmission/set create, RFC 8621 §7.5. @throws SetError, Refusal */
export async function create(
  session: CallSession,
  account: OpenAccount,
  given: Record<string, unknown>,
): Promise<Shown & { emailId: string }> {
  const { config, storage } = session.context
  const { identityId, emailId, envelope: wished } = parse(given)
  const identityNumber = identityIds.numberOf(session.realId(identityId) ?? '')
  const identity = identityNumber === undefined ? undefined : await identityOf(account, identityNumber)
  if (identityNumber === undefined || identity === undefined) throw missing('identityId')
  const [message] = await readMessages(account, emailIds.numbersOf([session.realId(emailId) ?? '']))
  if (message?.summary === undefined) throw missing('emailId')

  const envelope = wished ?? envelopeOf(message.summary, identity)
  refuseRecipients(
    envelope.rcptTo.map(({ email }) => email),
    config,
  )
  const submission = submissionOf(envelope)
  const { id: emailNumber, threadId } = message
  const sendAt = utcDateOf(new Date(Math.max(submission.sendAt?.getTime() ?? 0, nowMs())))
  const record = { identityId: identityNumber, emailId: emailNumber, threadId, envelope, sendAt }
  const send = async (): ReturnType<typeof submitRecorded> => {
    const checked = await check(session, account, message, submission)
    return inWords(account.write((tx) => submitRecorded(tx, checked, record)))
  }
  const made = await send().finally(() => noteSubmission(session, message, submission))
  wakeQueue(storage)
  const { identityId: _identityId, envelope: _envelope, ...news } = showSubmission(made)
  return { ...news, emailId: emailIds.of(emailNumber), ...(wished === null ? { envelope } : {}) }
}

function parse(given: Record<string, unknown>): z.output<typeof Given> {
  const parsed = Given.safeParse(given)
  if (parsed.success) return parsed.data
  const names = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys : [String(issue.path[0])],
  )
  throw new SetError('invalidProperties', undefined, { properties: [...new Set(names)] })
}

const missing = (property: string): SetError => new SetError('invalidProperties', undefined, { properties: [property] })

/** @throws SetError 'noRecipients', 'tooManyRecipients', 'invalidRecipients' */
function refuseRecipients(addresses: readonly string[], { sending }: Config): void {
  if (addresses.length === 0) throw new SetError('noRecipients')
  const { maxRecipients } = sending
  if (addresses.length > maxRecipients) throw new SetError('tooManyRecipients', undefined, { maxRecipients })
  const invalidRecipients = addresses.filter((address) => parseRecipient(address) === undefined)
  if (invalidRecipients.length > 0) throw new SetError('invalidRecipients', undefined, { invalidRecipients })
}

/** Whether it leaves or is refused. */
function noteSubmission(
  { context, visitor: { ip, userAgent } }: CallSession,
  { summary }: StoredMessage,
  { mailFrom, recipients }: Omit<Submission, 'content'>,
): void {
  const browser = browserOf(userAgent)
  const [messageId] = summary?.messageId ?? []
  for (const { address } of recipients)
    context.note({ ip, browser, messageId, subject: summary?.subject, sender: mailFrom, recipient: address })
}

async function check(
  { context, visitor }: CallSession,
  account: OpenAccount,
  { summary }: StoredMessage,
  submission: Omit<Submission, 'content'>,
): Promise<CheckedLetter> {
  const maxSize = maxMessageBytes(context.config)
  const blob = summary?.blob
  if (blob === undefined) throw missing('emailId')
  if (blob.size > maxSize) throw new SetError('tooLarge', undefined, { maxSize })
  const content = await account.blobs.read(account.sql, account.id, blob)
  return inWords(checkSubmission(context, account, { ...submission, content, isRecorded: true, by: visitor }))
}

/** A refusal of what sends, in the words of JMAP. */
const inWords = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw error instanceof Refusal ? (setErrorOf(error) ?? error) : error
  })

/** Properties of an Email in which a fault lies. */
const PROPERTIES_OF: Partial<Record<Fault, string[]>> = {
  from: ['from'],
  sender: ['sender'],
  subject: ['subject'],
  addresses: ['to', 'cc', 'replyTo'],
}

const attached = (check: 'infected' | 'dangerousAttachment', description: string): SetError =>
  new SetError('invalidEmail', description, { properties: ['attachments'], check })

/** Letters that were looked into and may not leave, or could not be looked into. */
const UNCHECKED: Partial<Record<Reason, () => SetError>> = {
  infected: () => attached('infected', 'An attachment holds a virus.'),
  dangerousAttachment: () =>
    attached('dangerousAttachment', 'A program, or what starts one, is attached, and may not be sent.'),
  scannerSilent: () =>
    new SetError('serverUnavailable', 'The letter cannot be checked now; try again later.', { check: 'scannerSilent' }),
}

/** What SMTP says of a recipient, the first one's for all; `reasons` has each. */
const WHY_NOT: Record<WhyNot, string> = {
  addressUnknown: 'there is no such mailbox here',
  addressClosed: 'this mailbox is closed and takes no mail any more',
  refused: 'this list or address takes no letters from this sender',
}

/** Why a letter may not leave, in the words of RFC 8621 §7.5; undefined where RFC 8620 has them. */
function setErrorOf(refusal: Refusal): SetError | undefined {
  const { reason, fields, retryAfterSeconds } = refusal
  const [field = ''] = fields
  if (refusal instanceof RecipientsRefused) {
    const { reasons } = refusal
    return new SetError('invalidRecipients', WHY_NOT[reason as WhyNot], {
      invalidRecipients: [...reasons.keys()],
      reasons: Object.fromEntries(reasons),
    })
  }
  if (reason === 'notTheirAddress')
    return new SetError(field === 'mailFrom' ? 'forbiddenMailFrom' : 'forbiddenFrom', 'not an address of the account')
  if (reason === 'tooManyAttempts')
    return new SetError('rateLimit', undefined, {
      limit: field,
      ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    })
  if (reason === 'forbidden' && field === 'stopped')
    return new SetError('forbiddenToSend', 'Sending is stopped: the account looks stolen.', { stopped: 'stolen' })
  const unchecked = UNCHECKED[reason]
  if (unchecked !== undefined) return unchecked()
  if (reason === 'forbidden') return new SetError('forbiddenToSend', 'This account may not send at present.')
  if (reason !== 'invalid') return undefined
  return new SetError('invalidEmail', FAULTS[field as Fault], { properties: PROPERTIES_OF[field as Fault] ?? [] })
}
