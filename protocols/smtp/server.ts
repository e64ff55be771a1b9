import type { SMTPServer, SMTPServerAddress, SMTPServerDataStream, SMTPServerSession } from 'smtp-server'
import { isLocalDomain, networkOf, operatedDomains } from '#accounts'
import { parseAddress } from '#formats/message'
import { dmarcArrival, type CountArrival } from '#mail/domain-reports'
import { withoutResultsOf, type Authenticated } from '#mail/authentication'
import { findDestination, type Destination } from '#mail/destination'
import type { Finding, FindingName } from '#mail/findings'
import { senderOf } from '#mail/forwarding'
import {
  checkLetter,
  receiveEnquiry,
  receiveForwarded,
  receiveForList,
  receiveMessage,
  receiveReportLetter,
  receiveReturned,
  tellTurnedAway,
  type CheckTools,
  type SmtpArrival,
} from '#mail/inbound'
import { memberOfDetail } from '#mail/lists'
import type { SmtpStory } from '#mail/stories'
import { count, now, Refusal, type Config, type CountKind, type Log, type ServerCertificates } from '#system'
import type { Storage } from '#storage'
import type { JournalEntry, Note } from '#trust/journal'
import { answering } from './answer.ts'
import { ArrivalServer } from './connection.ts'
import { gather } from './gather.ts'
import type { Limits } from './limits.ts'
import { listen, type Listening } from './listen.ts'
import { commonOptions } from './options.ts'
import { SmtpError, toReply } from './reply.ts'
import { traceFields } from './trace.ts'

export interface SmtpContext {
  config: Config
  storage: Storage
  log: Log
  certificates: ServerCertificates
  limits: Limits
  checks: CheckTools
  note: Note
  /** Counts letters for reports to their authors' domains, where that is switched on. */
  countArrival?: CountArrival | undefined
}

/**
 * SMTP for mail that arrives (RFC 5321). `smtp-server` keeps the dialogue: pipelining (RFC 2920), SIZE (RFC 1870),
 * 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), STARTTLS (RFC 3207), enhanced codes (RFC 2034), line ends that smuggle
 * a second message. What is ours: who may receive, the limits, and 250 only after the commit.
 */
export async function startSmtp(context: SmtpContext): Promise<Listening> {
  const { config, storage, log, certificates, limits, checks, note, countArrival } = context
  const { rate, memory } = limits
  const { answer, over } = answering(log, toReply)
  const recipients = new WeakMap<object, Destination>()
  // What comes to a trial comes from this machine, where everybody is a stranger.
  const greylistMinutes = config.arrival.greylistMinutes ?? (config.trial ? 0 : 5)

  const common = commonOptions('smtp', config, certificates, limits)
  const createServer = (): SMTPServer =>
    new ArrivalServer({
      ...common,
      maxRecipients: config.smtp.maxRecipients,
      disabledCommands: ['AUTH'],
      authOptional: true,
      // Nothing of ours acts on DSN parameters of mail that arrives: not announced, not promised.
      hideDSN: true,

      onMailFrom({ address }, session, callback) {
        if (!rate.allow(networkOf(session.remoteAddress))) {
          count('overloads', 'messageRate')
          return callback(toReply(new Refusal('tooManyAttempts')))
        }
        if (address !== '' && parseAddress(address) === undefined)
          return callback(new SmtpError({ code: 553, text: 'Not a valid sender address' }))
        callback()
      },
      onRcptTo(recipient, session, callback) {
        answer(takeRecipient(recipient, session), callback)
      },
      onData(stream, session, callback) {
        answer(take(stream, session), (error) => (error ? callback(error) : callback(null, filedAs(session))))
      },
    })

  const takeRecipient = async (recipient: SMTPServerAddress, session: SMTPServerSession): Promise<void> => {
    try {
      const { mailFrom } = session.envelope
      const found = await destinationOf(storage, config, recipient.address, mailFrom === false ? '' : mailFrom.address)
      refuseCompany(
        found,
        session.envelope.rcptTo.flatMap((other) => recipients.get(other) ?? []),
      )
      recipients.set(recipient, found)
    } catch (error) {
      if (error instanceof Refusal) note({ ...clientOf(session), recipient: recipient.address })
      throw error
    }
  }

  /** A letter is noted once for each recipient, filed or refused. */
  const take = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> => {
    const entry = clientOf(session)
    const addresses = session.envelope.rcptTo.map(({ address }) => address)
    try {
      await file(stream, session, entry)
      count('arrivals', 'taken')
    } catch (error) {
      count('arrivals', answeredAs(error))
      throw error
    } finally {
      for (const recipient of addresses) note({ ...entry, recipient })
    }
  }

  const file = async (
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    /** Learns what the letter is called. */
    entry: JournalEntry,
  ): Promise<void> => {
    const { envelope } = session
    const asked = {
      mailFrom: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
      heloName: session.hostNameAppearsAs || 'unknown',
      clientAddress: session.remoteAddress,
    }
    const addressed = envelope.rcptTo.map((recipient) => ({
      destination: recipients.get(recipient) as Destination,
      address: recipient.address,
    })) as unknown as Addressees
    const storyAs = (reply: string): SmtpStory => ({
      server: asked.heloName,
      address: asked.clientAddress,
      isEncrypted: session.secure,
      reply,
    })
    const time = now()
    const seen: { content?: Buffer; findings: Finding[]; authenticated?: Authenticated | undefined } = { findings: [] }
    const tellAuthor = (isRefused: boolean): void => {
      const arrival = countArrival && dmarcArrival(asked, seen.authenticated, seen.findings, isRefused)
      if (arrival !== undefined) countArrival?.(arrival)
    }
    try {
      await gather(stream, memory, async (content) => {
        seen.content = content
        const { findings, features, found, head, authenticated } = await checkLetter(
          checks,
          content,
          asked,
          envelope.rcptTo.map(({ address }) => address),
        )
        seen.findings = findings
        seen.authenticated = authenticated
        entry.messageId = head.messageId?.[0]
        entry.subject = head.subject
        const trace = traceFields({
          ...asked,
          hostname: config.hostname,
          protocol: session.transmissionType,
          id: session.id,
          onlyRecipient: envelope.rcptTo.length === 1 ? envelope.rcptTo[0]?.address : undefined,
          time,
          results: found?.results,
        })
        const receive = receivers[addressed[0].destination.to] as Receiver
        const refusal = await receive(
          {
            mailFrom: asked.mailFrom,
            findings,
            found,
            features,
            trace: Buffer.from(trace),
            content: withoutResultsOf(content, config.hostname),
            smtp: storyAs(`250 ${filedAs(session)}`),
            isTlsRequired: envelope.requireTLS,
          },
          addressed,
        )
        if (refusal !== undefined) throw refusal
        over()
        tellAuthor(false)
      })
    } catch (error) {
      // What is to come again is counted when it does.
      if (error instanceof Refusal && answeredAs(error) === 'refused') tellAuthor(true)
      // What does not take a message now would not take its story either, and the other server comes again. Nor is anything
      // written into a closed account, or one that is nobody's.
      const mailboxes = mailboxesOf(addressed)
      if (!(error instanceof Refusal) || error.reason === 'unavailable' || mailboxes.length === 0) throw error
      const { responseCode, message } = toReply(error)
      await tellTurnedAway(storage, log, {
        fate: responseCode >= 500 ? 'refused' : 'deferred',
        mailFrom: asked.mailFrom,
        recipients: mailboxes,
        content: seen.content,
        findings: withReasons(seen.findings, error),
        smtp: storyAs(`${responseCode} ${message}`),
      })
      throw error
    }
  }

  const receivers: { [To in Destination['to']]: Receiver<Extract<Destination, { to: To }>> } = {
    mailbox: (arrival, addressed) =>
      receiveMessage(storage, log, { ...arrival, recipients: mailboxesOf(addressed) }, greylistMinutes),
    closed: (arrival, [{ address, destination }]) =>
      receiveForwarded(storage, { ...arrival, recipients: [{ ...destination, address }] }, greylistMinutes),
    list: (arrival, [{ address, destination }]) =>
      receiveForList(
        storage,
        { ...arrival, recipients: [{ accountId: 0, address }] },
        destination.list,
        greylistMinutes,
        config.lists,
      ),
    support: (arrival) => receiveEnquiry(storage, { ...arrival, recipients: [] }, greylistMinutes),
    reports: (arrival, [{ destination }]) =>
      receiveReportLetter(storage, { ...arrival, recipients: [] }, destination.domain, greylistMinutes),
    author: (arrival, [{ address }]) => receiveReturned(storage, { ...arrival, recipients: [] }, address),
  }

  return listen(config.listen, config.smtp.port, createServer, context)
}

/** How a letter that was not taken is counted. */
function answeredAs(error: unknown): CountKind<'arrivals'> {
  if (!(error instanceof Refusal)) return 'later'
  if (error.reason === 'comeAgain') return 'comeAgain'
  return toReply(error).responseCode >= 500 ? 'refused' : 'later'
}

const filedAs = ({ id }: SMTPServerSession): string => `Filed as ${id}`

/** What was found, and what its recipients said against it. */
function withReasons(findings: readonly Finding[], { reason, fields }: Refusal): Finding[] {
  const known = new Set<string>(findings.map(({ name }) => name))
  const further = reason === 'refused' ? fields.filter((name) => !known.has(name)) : []
  return [...further.map((name) => ({ name: name as FindingName })), ...findings]
}
const clientOf = ({ remoteAddress, envelope: { mailFrom } }: SMTPServerSession): JournalEntry => ({
  ip: remoteAddress,
  sender: mailFrom === false ? '' : mailFrom.address,
})

/** A recipient as it was named, and where its letters go. */
interface Addressed<One extends Destination = Destination> {
  address: string
  destination: One
}

/** One or more that go the same way (`refuseCompany`). */
type Addressees<One extends Destination = Destination> = readonly [Addressed<One>, ...Addressed<One>[]]

type Receiver<One extends Destination = Destination> = (
  arrival: Omit<SmtpArrival, 'recipients'>,
  addressed: Addressees<One>,
) => Promise<Refusal | undefined>

const mailboxesOf = (
  addressed: readonly Addressed[],
): { accountId: number; address: string; masked: string | undefined }[] =>
  addressed.flatMap(({ address, destination }) =>
    destination.to === 'mailbox' ? [{ accountId: destination.accountId, masked: destination.masked, address }] : [],
  )

/**
 * Where letters to an address go.
 * @throws Refusal 'invalid', 'domainUnknown', 'addressUnknown', 'addressClosed'; 'refused' for what is no notification and comes by
 *   an address for these
 */
async function destinationOf(storage: Storage, config: Config, given: string, mailFrom: string): Promise<Destination> {
  const address = /^postmaster$/i.test(given) ? await postmaster(storage) : given
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new Refusal('invalid')
  if (!(await isLocalDomain(storage, parsed.domain))) throw new Refusal('domainUnknown')
  const found = await findDestination(storage, config, address)
  if (found === undefined) throw new Refusal('addressUnknown')
  if (found.to === 'author') {
    if ((await senderOf(storage, found.address)) === undefined) throw new Refusal('addressUnknown')
    // Only what comes back for a letter comes by it: no way for anybody to write to others.
    if (mailFrom !== '') throw new Refusal('refused', { fields: ['noNotification'] })
  }
  if (found.to === 'list' && found.list.detail !== undefined) {
    if ((await memberOfDetail(storage, found.list.detail)) === undefined) throw new Refusal('addressUnknown')
  }
  if (found.to === 'closed' && (found.forwardUntil === null || found.forwardUntil <= now()))
    throw new Refusal('addressClosed')
  return found
}

/** What goes the same way may come together. */
const WAYS: { [To in Destination['to']]: (destination: Extract<Destination, { to: To }>) => string } = {
  mailbox: () => '',
  closed: ({ accountId }) => `${accountId}`,
  list: ({ list }) => `${list.accountId} ${list.detail ?? ''}`,
  support: () => '',
  reports: ({ domain }) => domain,
  author: ({ address }) => address.address,
}

const wayOf = (destination: Destination): string =>
  `${destination.to} ${(WAYS[destination.to] as (one: Destination) => string)(destination)}`

/**
 * What is for no mailbox comes in a transaction of its own: whether it is taken depends on what it is, one reply at the end is for
 * all recipients, and nothing that we have taken may vanish without a word. RFC 5321 §4.5.3.1.10: the peer brings the others
 * afterwards. @throws Refusal 'tooManyRecipients'
 */
function refuseCompany(one: Destination, others: readonly Destination[]): void {
  if (others.some((other) => wayOf(other) !== wayOf(one))) throw new Refusal('tooManyRecipients')
}

/** RFC 5321 §4.5.1: whoever runs the server is reached without any domain. */
async function postmaster(storage: Storage): Promise<string> {
  const [first] = await operatedDomains(storage)
  return `postmaster@${first?.domain ?? ''}`
}
