import { SMTPServer, type SMTPServerAddress, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import { findAddressee, isLocalDomain, networkOf } from '#accounts'
import { parseAddress } from '#formats/message'
import { withoutResultsOf } from '#mail/authentication'
import { checkLetter, receiveMessage, type CheckTools } from '#mail/inbound'
import { now, Refusal, type Certificate, type Config, type Log } from '#system'
import type { Storage } from '#storage'
import type { JournalEntry, Note } from '#trust/journal'
import { answering } from './answer.ts'
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
  const recipients = new WeakMap<object, number>()

  const common = commonOptions(config, certificate, limits)
  const createServer = (): SMTPServer =>
    new SMTPServer({
      ...common,
      maxRecipients: config.smtp.maxRecipients,
      disabledCommands: ['AUTH'],
      authOptional: true,
      // Nothing of ours acts on DSN parameters of mail that arrives: not announced, not promised.
      hideDSN: true,

      onMailFrom({ address }, session, callback) {
        if (!rate.allow(networkOf(session.remoteAddress))) return callback(toReply(new Refusal('tooManyAttempts')))
        if (address !== '' && parseAddress(address) === undefined)
          return callback(new SmtpError({ code: 553, text: 'Not a valid sender address' }))
        callback()
      },
      onRcptTo(recipient, session, callback) {
        answer(takeRecipient(recipient, session), callback)
      },
      onData(stream, session, callback) {
        answer(take(stream, session), (error) => (error ? callback(error) : callback(null, `Filed as ${session.id}`)))
      },
    })

  const takeRecipient = async (recipient: SMTPServerAddress, session: SMTPServerSession): Promise<void> => {
    try {
      recipients.set(recipient, await addressee(storage, recipient.address))
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
    const time = now()
    await gather(stream, memory, async (content) => {
      const { findings, results, head } = await checkLetter(checks, content, asked)
      entry.messageId = head.messageId?.[0]
      entry.subject = head.subject
      const trace = traceFields({
        ...asked,
        hostname: config.hostname,
        protocol: session.transmissionType,
        id: session.id,
        onlyRecipient: envelope.rcptTo.length === 1 ? envelope.rcptTo[0]?.address : undefined,
        time,
        results,
      })
      const filed = await receiveMessage(storage, log, {
        mailFrom: asked.mailFrom,
        findings,
        trace: Buffer.from(trace),
        content: withoutResultsOf(content, config.hostname),
        recipients: envelope.rcptTo.map((recipient) => ({
          accountId: recipients.get(recipient) as number,
          address: recipient.address,
        })),
      })
      if (filed !== undefined) throw filed
      over()
    })
  }

  return listen(config.listen, config.smtp.port, createServer, log)
}

const clientOf = ({ remoteAddress, envelope: { mailFrom } }: SMTPServerSession): JournalEntry => ({
  ip: remoteAddress,
  sender: mailFrom === false ? '' : mailFrom.address,
})

/** The account that receives mail for an address. @throws Refusal 'invalid', 'domainUnknown', 'addressUnknown' */
async function addressee(storage: Storage, address: string): Promise<number> {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new Refusal('invalid')
  if (!(await isLocalDomain(storage, parsed.domain))) throw new Refusal('domainUnknown')
  const accountId = await findAddressee(storage, address)
  if (accountId === undefined) throw new Refusal('addressUnknown')
  return accountId
}
