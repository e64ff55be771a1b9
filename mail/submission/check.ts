import { randomBytes } from 'node:crypto'
import { readSettings, sendingStanding, type SendingStanding } from '#accounts'
import {
  envelope,
  fieldValue,
  findFields,
  lastValue,
  normalizeAddress,
  parseAddress,
  type EmailAddress,
  type Message,
} from '#formats/message'
import { refuseStolen, type SentBy } from '#mail/abuse'
import type { Finding } from '#mail/findings'
import { limitsOf, type SendingLimits } from '#mail/limits'
import { prepareLetter, type LetterName, type OutgoingLetter, type PreparedLetter } from '#mail/outbound'
import type { Story } from '#mail/stories'
import { newId, type OpenAccount, type Storage } from '#storage'
import { now, nowMs, Refusal, type Config } from '#system'
import { ownsAddress, parseRecipient, withoutRepetition } from './addresses.ts'
import { authorsOf } from './authors.ts'
import { cleanMessage } from './clean.ts'
import { prepareCopy, type Copy } from './copy.ts'
import { faulty } from './faults.ts'
import { parseStrictly } from './form.ts'
import { refuseRecipients } from './recipients.ts'
import { scanOutgoing, type Inspection } from './scan.ts'

/** A letter that somebody wants to send. */
export interface Submission extends Pick<
  OutgoingLetter,
  'mailFrom' | 'recipients' | 'content' | 'ret' | 'envid' | 'sendAt' | 'isTlsRequired'
> {
  /** Whether its sender wants to be told by a record (`record.ts`) how it went. */
  isRecorded?: boolean
  /** Whether a mail program has handed it in, by SMTP: then its sender may wish to have a copy in Sent (`copy.ts`). */
  isByProgram?: boolean
  /** By what it was handed in, where somebody did so themselves. */
  by?: SentBy | undefined
}

/** A letter that may leave. */
export interface CheckedLetter {
  letter: PreparedLetter
  /** The record that will be told how it went. */
  submissionId: number | undefined
  /** What of it is kept in Sent. */
  copy: Copy | undefined
  /** As it leaves. */
  named: LetterName
  /** Envelope recipients as they are written to, with the names that the header gives them. */
  recipients: EmailAddress[]
  /** Whether a person wrote it, and not a program in their name. */
  isPersonal: boolean
  /** What was found in it: signs of abuse, and nothing that keeps it here. */
  findings: readonly Finding[]
  limits: SendingLimits
  /** How it begins in its sender's list. */
  story: Story
}

/** What a letter is checked and made ready with. */
export interface SubmissionTools extends Inspection {
  storage: Storage
  config: Config
}

export const maxMessageBytes = (config: Config): number => Math.floor(config.smtp.maxMessageMegabytes * 1_000_000)

/**
 * Checks a letter that somebody wants to send, makes it ready to leave, and seals it: all that is slow, before `submit`.
 * One that somebody else seems to send stops the account (`#mail/abuse`).
 * @throws Refusal 'forbidden' as checkSender; 'tooManyRecipients'; 'tooLarge'; 'invalid' with the names of
 *   faults (faults.ts); 'notTheirAddress' with the field `mailFrom`, `from` or `sender`; RecipientsRefused; 'infected', 'dangerousAttachment'; 'scannerSilent', 'overload', 'unavailable'
 */
export async function checkSubmission(
  tools: SubmissionTools,
  account: OpenAccount,
  submission: Submission,
): Promise<CheckedLetter> {
  const { storage, config } = tools
  const { mailFrom, content, sendAt } = submission
  const standing = await checkSender(storage, account, mailFrom)
  const limits = limitsOf(config.sending, standing)
  // Before anything else is looked at: neither may cost more than being counted.
  if (submission.recipients.length > Math.min(limits.maxRecipients, limits.maxRecipientsPerDay))
    throw new Refusal('tooManyRecipients')
  if (content.length > maxMessageBytes(config)) throw new Refusal('tooLarge')

  const recipients = withoutRepetition(submission.recipients).map((recipient) => {
    const address = parseRecipient(recipient.address)?.address
    if (address === undefined) throw faulty('recipients')
    return { ...recipient, address }
  })
  if (recipients.length === 0) throw faulty('recipients')

  const message = parseStrictly(content)
  const authors = authorsOf(message)
  for (const { email } of authors.from) await refuseForeign(storage, account, email, 'from')
  if (authors.sender !== undefined) await refuseForeign(storage, account, authors.sender.email, 'sender')
  const addresses = recipients.map(({ address }) => address)
  await refuseRecipients({ storage, config, account, mailFrom, content }, addresses)

  const { findings, features } = await scanOutgoing(tools, content, { mailFrom, recipients: addresses })
  const departing = { features, addresses, findings, by: submission.by }
  await refuseStolen(storage, config, account, departing, standing)

  const { hostname } = config
  const domain = parseAddress(authors.from[0]?.email ?? '')?.domain ?? hostname
  const { language, copySent } = await readSettings(account)
  const isHeld = sendAt !== undefined && sendAt.getTime() > nowMs()
  // What programs send by themselves (RFC 8098 §3) is nothing that somebody looks for in Sent.
  const isCopied = submission.isByProgram === true && mailFrom !== '' && (copySent || isHeld)
  const submissionId = isCopied || submission.isRecorded === true ? newId() : undefined
  const [ownId] = lastValue(message, message.root, 'Message-ID', 'MessageIds') ?? []
  const messageId = ownId ?? `${randomBytes(16).toString('hex')}@${domain}`
  const subject = lastValue(message, message.root, 'Subject', 'Text')
  const name: LetterName = { messageId: cut(messageId), subject: subject === null ? null : cut(subject) }
  const cleaning = { authors, hostname, messageId, time: now() }
  const copy = isCopied
    ? await prepareCopy(storage, account, message, { ...cleaning, mailFrom, recipients: addresses })
    : undefined
  const letter = await prepareLetter(storage, {
    accountId: account.id,
    mailFrom,
    recipients,
    content: cleanMessage(message, cleaning),
    name,
    ret: submission.ret,
    envid: submission.envid,
    sendAt,
    submissionId,
    language,
    isWrittenHere: true,
    isTlsRequired: submission.isTlsRequired,
  })
  const isPersonal = mailFrom !== '' && findFields(message, message.root, 'Auto-Submitted').length === 0
  return {
    letter,
    submissionId,
    copy,
    named: name,
    recipients: namedIn(message, addresses),
    isPersonal,
    findings,
    limits,
    story: storyOf(message, name, content.length, addresses),
  }
}

function storyOf(message: Message, name: LetterName, size: number, addresses: readonly string[]): Story {
  return {
    ...name,
    from: envelope(message).from?.[0] ?? null,
    size,
    blob: null,
    departure: { recipients: addresses.map((address) => ({ address, delivered: 'queued', reply: '' })) },
  }
}

/**
 * Whether the account may send at all, and under this address. The null sender is everybody's: a receipt that a mail
 * program sends has it (RFC 8098 §3), and its From is checked all the same.
 * @throws Refusal 'forbidden', with the field `stopped` when the service itself has stopped its sending; 'notTheirAddress'
 *   with the field `mailFrom`
 */
export async function checkSender(storage: Storage, account: OpenAccount, mailFrom: string): Promise<SendingStanding> {
  const standing = await sendingStanding(storage.database.sql, account.id)
  if (standing?.state !== 'open') throw new Refusal('forbidden', { fields: standing?.stoppedFor ? ['stopped'] : [] })
  if (mailFrom !== '') await refuseForeign(storage, account, mailFrom, 'mailFrom')
  return standing
}

async function refuseForeign(storage: Storage, account: OpenAccount, address: string, field: string): Promise<void> {
  if (!(await ownsAddress(storage, account.id, address))) throw new Refusal('notTheirAddress', { fields: [field] })
}

/** Of what a letter is called, as much as anybody looks for it by. */
const cut = (text: string): string => text.slice(0, 256)

/** Envelope recipients with the names that To, Cc and Bcc give them. */
function namedIn(message: Message, addresses: readonly string[]): EmailAddress[] {
  const names = new Map<string | undefined, string | null>()
  for (const field of ['To', 'Cc', 'Bcc'].flatMap((name) => findFields(message, message.root, name)))
    for (const { name, email } of fieldValue(message, field, 'Addresses'))
      if (name !== null) names.set(normalizeAddress(email), name)
  return addresses.map((email) => ({ name: names.get(normalizeAddress(email)) ?? null, email }))
}
