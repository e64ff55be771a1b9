import type { SMTPServer, SMTPServerAddress, SMTPServerDataStream, SMTPServerSession } from 'smtp-server'
import { findAddressee, findClosedAddressee, findList, isLocalDomain, listDomains, networkOf } from '#accounts'
import { parseAddress } from '#formats/message'
import { withoutResultsOf } from '#mail/authentication'
import type { Finding, FindingName } from '#mail/findings'
import {
  checkLetter,
  receiveEnquiry,
  receiveForwarded,
  receiveForList,
  receiveMessage,
  receiveReturned,
  tellTurnedAway,
  type CheckTools,
} from '#mail/inbound'
import { isReturnAddress, senderOf } from '#mail/forwarding'
import { memberOfDetail } from '#mail/lists'
import type { SmtpStory } from '#mail/stories'
import { count, now, Refusal, type Certificate, type Config, type CountKind, type Log } from '#system'
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
  certificate: Certificate
  limits: Limits
  checks: CheckTools
  note: Note
}

/**
 * SMTP for mail that arrives (RFC 5321). `smtp-server` keeps the dialogue: pipelining (RFC 2920), SIZE (RFC 1870),
 * 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), STARTTLS (RFC 3207), enhanced codes (RFC 2034), line ends that smuggle
 * a second message. What is ours: who may receive, the limits, and 250 only after the commit.
 */
export async function startSmtp(context: SmtpContext): Promise<Listening> {
  const { config, storage, log, certificate, limits, checks, note } = context
  const { rate, memory } = limits
  const { answer, over } = answering(log, toReply)
  const recipients = new WeakMap<object, Addressee>()
  // What comes to a trial comes from this machine, where everybody is a stranger.
  const greylistMinutes = config.arrival.greylistMinutes ?? (config.trial ? 0 : 5)

  const common = commonOptions('smtp', config, certificate, limits)
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
      const found = await addressee(storage, config, recipient.address, mailFrom === false ? '' : mailFrom.address)
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
      ...(recipients.get(recipient) as Addressee),
      address: recipient.address,
    }))
    const isForwarded = addressed.some((recipient) => recipient.isForwarded)
    const isEnquiry = addressed.some((recipient) => recipient.isSupport)
    const isReturned = addressed.some((recipient) => recipient.isReturn)
    const list = addressed.find((recipient) => recipient.list !== undefined)?.list
    const storyAs = (reply: string): SmtpStory => ({
      server: asked.heloName,
      address: asked.clientAddress,
      isEncrypted: session.secure,
      reply,
    })
    const time = now()
    const seen: { content?: Buffer; findings: Finding[] } = { findings: [] }
    try {
      await gather(stream, memory, async (content) => {
        seen.content = content
        const { findings, features, found, head } = await checkLetter(
          checks,
          content,
          asked,
          envelope.rcptTo.map(({ address }) => address),
        )
        seen.findings = findings
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
        const arrival = {
          mailFrom: asked.mailFrom,
          findings,
          found,
          features,
          trace: Buffer.from(trace),
          content: withoutResultsOf(content, config.hostname),
          recipients: addressed,
          smtp: storyAs(`250 ${filedAs(session)}`),
        }
        const refusal =
          list !== undefined
            ? await receiveForList(storage, arrival, list, greylistMinutes)
            : isEnquiry
              ? await receiveEnquiry(storage, arrival, greylistMinutes)
              : isReturned
                ? await receiveReturned(storage, arrival)
                : isForwarded
                  ? await receiveForwarded(storage, arrival, greylistMinutes)
                  : await receiveMessage(storage, log, arrival, greylistMinutes)
        if (refusal !== undefined) throw refusal
        over()
      })
    } catch (error) {
      // What does not take a message now would not take its story either, and the other server comes again. Nor is anything
      // written into a closed account.
      if (
        !(error instanceof Refusal) ||
        error.reason === 'unavailable' ||
        isForwarded ||
        isEnquiry ||
        isReturned ||
        list !== undefined
      )
        throw error
      const { responseCode, message } = toReply(error)
      await tellTurnedAway(storage, log, {
        fate: responseCode >= 500 ? 'refused' : 'deferred',
        mailFrom: asked.mailFrom,
        recipients: addressed,
        content: seen.content,
        findings: withReasons(seen.findings, error),
        smtp: storyAs(`${responseCode} ${message}`),
      })
      throw error
    }
  }

  return listen(config.listen, config.smtp.port, createServer, log)
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

/** Who receives mail for an address. */
interface Addressee {
  accountId: number
  /** A closed account, whose mail goes on to its owner's address outside. */
  isForwarded: boolean
  /** Customer service, which is nobody's account. */
  isSupport?: true
  /** Leads back to whoever wrote a letter that was passed on. */
  isReturn?: true
  /** A distribution list. */
  list?: NonNullable<Awaited<ReturnType<typeof findList>>>
}

/** @throws Refusal 'invalid', 'domainUnknown', 'addressUnknown', 'addressClosed', 'refused' */
async function addressee(
  storage: Storage,
  { support }: Pick<Config, 'support'>,
  given: string,
  mailFrom: string,
): Promise<Addressee> {
  const address = /^postmaster$/i.test(given) ? await postmaster(storage) : given
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new Refusal('invalid')
  if (!(await isLocalDomain(storage, parsed.domain))) throw new Refusal('domainUnknown')
  if (parsed.address.toLowerCase() === support.address) return { accountId: 0, isForwarded: false, isSupport: true }
  if (isReturnAddress(parsed)) {
    if ((await senderOf(storage, parsed)) === undefined) throw new Refusal('addressUnknown')
    // Only what comes back for a letter comes by it: no way for anybody to write to others.
    if (mailFrom !== '') throw new Refusal('refused', { fields: ['noNotification'] })
    return { accountId: 0, isForwarded: false, isReturn: true }
  }
  const accountId = await findAddressee(storage, address)
  if (accountId !== undefined) return { accountId, isForwarded: false }
  const list = await findList(storage, address)
  if (list !== undefined) {
    const isKnown = list.detail === undefined || (await memberOfDetail(storage, list.detail)) !== undefined
    if (!isKnown) throw new Refusal('addressUnknown')
    return { accountId: list.accountId, isForwarded: false, list }
  }
  const closed = await findClosedAddressee(storage, address)
  if (closed === undefined) throw new Refusal('addressUnknown')
  if (closed.forwardUntil === null || closed.forwardUntil <= now()) throw new Refusal('addressClosed')
  return { accountId: closed.accountId, isForwarded: true }
}

const isSame = (one: Addressee, other: Addressee): boolean =>
  one.accountId === other.accountId &&
  [one, other].every(({ isReturn, list }) => isReturn !== true && list === undefined)

const isAlone = ({ isForwarded, isSupport, isReturn, list }: Addressee): boolean =>
  isForwarded || isSupport === true || isReturn === true || list !== undefined

/**
 * A letter that is forwarded, is for customer service or a list, or comes back, comes in a transaction of its own: whether it goes on depends on what it is, one reply at the end is
 * for all recipients, and nothing that we have taken may vanish without a word. RFC 5321 §4.5.3.1.10: the peer brings the
 * others afterwards. @throws Refusal 'tooManyRecipients'
 */
function refuseCompany(one: Addressee, others: readonly Addressee[]): void {
  for (const other of others)
    if (isAlone(one) !== isAlone(other) || (isAlone(one) && !isSame(one, other))) throw new Refusal('tooManyRecipients')
}

/** RFC 5321 §4.5.1: whoever runs the server is reached without any domain. */
async function postmaster(storage: Storage): Promise<string> {
  const [first] = await listDomains(storage)
  return `postmaster@${first?.domain ?? ''}`
}
