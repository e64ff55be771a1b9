import type { SMTPServer, SMTPServerAddress, SMTPServerDataStream, SMTPServerSession } from 'smtp-server'
import { doorIsOpen, networkOf, type ClientSignedIn } from '#accounts'
import { wakeQueue, type Notify } from '#mail/outbound'
import {
  FAULTS,
  checkSender,
  checkSubmission,
  parseRecipient,
  refuseRecipients,
  sendAtOf,
  submitByProgram,
  type EnvelopeAddress,
  type SubmissionTools,
} from '#mail/submission'
import { count, openCountries, Refusal, type Log, type ServerCertificates } from '#system'
import type { OpenAccount } from '#storage'
import { MECHANISMS, SaslFault, type Mechanism } from '#protocols/sasl'
import type { JournalEntry, Note } from '#trust/journal'
import { answering } from './answer.ts'
import { SubmissionServer, type SignIn } from './connection.ts'
import { gather } from './gather.ts'
import type { Limits } from './limits.ts'
import { listen, type Listening } from './listen.ts'
import { commonOptions } from './options.ts'
import { SmtpError } from './reply.ts'
import { READ_ONLY, toSignInReply, toSubmissionReply } from './submission-reply.ts'

/** `storage` is the app's view: who signs in has an account opened. */
export interface SubmissionContext extends SubmissionTools {
  log: Log
  certificates: ServerCertificates
  limits: Limits
  note: Note
}

export interface RunningSubmission {
  /** With STARTTLS. */
  submission: Listening['addresses']
  /** With TLS from the first byte. */
  submissions: Listening['addresses']
  close(): Promise<void>
}

/**
 * Submission (RFC 6409): people's own programs send, signed in (RFC 4954) under TLS and never in clear, by STARTTLS on
 * one port and with TLS from the first byte on the other (RFC 8314 §3.3). 250 only when the letter is in the queue.
 */
export async function startSubmission(context: SubmissionContext): Promise<RunningSubmission> {
  const { config } = context
  const { port, tlsPort } = config.submission
  const { signIn, ...handlers } = openHandlers(context)
  const createServer = (secure: boolean) => (): SMTPServer =>
    new SubmissionServer(
      {
        ...commonOptions('submission', config, context.certificates, context.limits),
        secure,
        authRequiredMessage: '5.7.0 Please sign in first, under TLS',
        // RFC 3461: what is asked for about notifications goes with the letter.
        hideDSN: false,
        ...handlers,
      },
      signIn,
    )
  const withStartTls = await listen(config.listen, port, createServer(false), context)
  const withTls = await listen(config.listen, tlsPort, createServer(true), context).catch(async (error: unknown) => {
    await withStartTls.close()
    throw error
  })
  return {
    submission: withStartTls.addresses,
    submissions: withTls.addresses,
    async close() {
      await Promise.all([withStartTls.close(), withTls.close()])
    },
  }
}

/** Parameters of MAIL and RCPT that something here acts on; one that nothing does is refused (RFC 5321 §4.1.1.11). */
const MAIL_PARAMETERS = new Set([
  'SIZE',
  'BODY',
  'SMTPUTF8',
  'RET',
  'ENVID',
  'AUTH',
  'HOLDFOR',
  'HOLDUNTIL',
  'REQUIRETLS',
])
const RCPT_PARAMETERS = new Set(['NOTIFY', 'ORCPT'])

function openHandlers(context: SubmissionContext) {
  const { config, storage, log, limits, note } = context
  const { answer, over } = answering(log, toSubmissionReply)
  /** Transactions that named too many: whatever was said in them does not count. */
  const overfull = new WeakSet<object>()

  const countries = openCountries(config.countries)
  /** Who has signed in on a connection. */
  const clients = new WeakMap<object, ClientSignedIn & { country: string | undefined }>()

  const signIn: SignIn = async (session, mechanism, ask) => {
    const ip = session.remoteAddress
    const country = await countries.find(ip)
    const exchange = MECHANISMS.get(mechanism) as Mechanism
    const by = {
      storage,
      network: networkOf(ip),
      scope: 'mail',
      ip,
      note,
      protocol: 'submission',
      client: { country },
    } as const
    try {
      const client = await exchange(by, ask)
      if (client.readOnly) throw new SmtpError(READ_ONLY)
      clients.set(session, { ...client, country })
      return String(client.accountId)
    } catch (error) {
      if (error instanceof SmtpError) throw error
      if (error instanceof SaslFault) throw new SmtpError({ code: 501, text: `5.5.2 ${error.message}` })
      if (!(error instanceof Refusal)) log.error({ err: error }, 'signing in failed')
      throw toSignInReply(error instanceof Refusal ? error : new Refusal('unavailable'), mechanism)
    }
  }

  const mail = async (sender: SMTPServerAddress, session: SMTPServerSession): Promise<void> => {
    refuseParameters(sender, MAIL_PARAMETERS)
    sendAtFor(sender)
    if (!limits.rate.allow(networkOf(session.remoteAddress))) {
      count('overloads', 'messageRate')
      throw new Refusal('overload')
    }
    const account = await accountOf(session)
    const client = clients.get(session)
    if (client === undefined || !(await doorIsOpen(storage, account.id, client.door)))
      throw new SmtpError({ code: 421, text: '4.7.0 What you signed in with is no longer good, please sign in again' })
    await checkSender(storage, account, sender.address)
  }

  const accountOf = (session: SMTPServerSession): Promise<OpenAccount> => storage.openAccount(Number(session.user))

  const rcpt = async (recipient: SMTPServerAddress, session: SMTPServerSession): Promise<void> => {
    try {
      await checkRecipient(recipient, session)
    } catch (error) {
      note({ ...clientOf(session), recipient: recipient.address })
      throw error
    }
  }

  const checkRecipient = async (recipient: SMTPServerAddress, session: SMTPServerSession): Promise<void> => {
    const { envelope } = session
    refuseParameters(recipient, RCPT_PARAMETERS)
    if (overfull.has(envelope) || envelope.rcptTo.length >= config.sending.maxRecipients) {
      overfull.add(envelope)
      // A letter to some of them is not what was meant: DATA finds nobody to send it to.
      envelope.rcptTo.length = 0
      throw new Refusal('tooManyRecipients')
    }
    if (parseRecipient(recipient.address) === undefined)
      throw new SmtpError({ code: 501, text: '5.1.3 Not a valid address' })
    const { mailFrom } = envelope
    const writing = { storage, config, account: await accountOf(session) }
    await refuseRecipients({ ...writing, mailFrom: mailFrom === false ? '' : mailFrom.address }, [recipient.address])
  }

  /** A letter is noted once for each recipient, queued or refused. */
  const take = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> => {
    const entry = clientOf(session)
    const addresses = session.envelope.rcptTo.map(({ address }) => address)
    try {
      return await queue(stream, session, entry)
    } finally {
      for (const recipient of addresses) note({ ...entry, recipient })
    }
  }

  const queue = async (
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    /** Learns what the letter is called. */
    entry: JournalEntry,
  ): Promise<string> => {
    const { mailFrom, rcptTo, dsn, requireTLS } = session.envelope
    return gather(stream, limits.memory, async (content) => {
      const account = await accountOf(session)
      const checked = await checkSubmission(context, account, {
        mailFrom: mailFrom === false ? '' : mailFrom.address,
        recipients: rcptTo.map(({ address, dsn: asked }) => ({
          address,
          notify: asked?.notify && ([...new Set(asked.notify)] as Notify[]),
          orcpt: asked?.orcpt,
        })),
        content,
        ret: (dsn?.ret ?? undefined) as 'FULL' | 'HDRS' | undefined,
        envid: dsn?.envid ?? undefined,
        sendAt: mailFrom === false ? undefined : sendAtFor(mailFrom),
        isTlsRequired: requireTLS,
        isByProgram: true,
        by: clients.get(session),
      })
      Object.assign(entry, checked.named)
      const letterId = await account.write((tx) => submitByProgram(tx, checked, asEnvelope(mailFrom)))
      wakeQueue(storage)
      over()
      return `2.0.0 Queued as ${letterId}`
    })
  }

  return {
    signIn,
    onMailFrom(sender: SMTPServerAddress, session: SMTPServerSession, callback: (error?: Error | null) => void): void {
      answer(mail(sender, session), callback)
    },
    onRcptTo(recipient: SMTPServerAddress, session: SMTPServerSession, callback: (error?: Error | null) => void): void {
      answer(rcpt(recipient, session), callback)
    },
    onData(
      stream: SMTPServerDataStream,
      session: SMTPServerSession,
      callback: (error?: Error | null, message?: string) => void,
    ): void {
      answer(take(stream, session), callback)
    },
  }
}

const clientOf = ({ remoteAddress, envelope: { mailFrom } }: SMTPServerSession): JournalEntry => ({
  ip: remoteAddress,
  sender: mailFrom === false ? '' : mailFrom.address,
})

/** As JMAP shows who sent a letter (RFC 8621 §7). */
function asEnvelope(mailFrom: SMTPServerAddress | false): EnvelopeAddress {
  if (mailFrom === false) return { email: '', parameters: null }
  const given = Object.entries(mailFrom.args || {}).map(([name, value]) => [name, value === true ? null : value])
  return { email: mailFrom.address, parameters: given.length === 0 ? null : Object.fromEntries(given) }
}

function refuseParameters({ args }: SMTPServerAddress, known: ReadonlySet<string>): void {
  if (args !== false && Object.keys(args).some((name) => !known.has(name)))
    throw new SmtpError({ code: 555, text: '5.5.4 A parameter is not known here' })
}

/** FUTURERELEASE (RFC 4865 §4). @throws SmtpError */
function sendAtFor({ args }: SMTPServerAddress): Date | undefined {
  const valueOf = (name: string): string | undefined => {
    const value = args === false ? undefined : args[name]
    return value === true ? '' : value
  }
  try {
    return sendAtOf({ holdFor: valueOf('HOLDFOR'), holdUntil: valueOf('HOLDUNTIL') })
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    throw new SmtpError({ code: 501, text: `5.5.4 ${FAULTS.sendAt}` }, { cause: error })
  }
}
