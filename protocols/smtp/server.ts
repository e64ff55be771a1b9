import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server'
import type { AddressInfo } from 'node:net'
import { findAddressee, isLocalDomain, networkOf } from '#accounts'
import { parseAddress } from '#formats/message'
import { receiveMessage } from '#mail/inbound'
import { now, onceUntilOver, Refusal, type Certificate, type Config, type Log } from '#system'
import type { Storage } from '#storage'
import { budget, concurrent, perMinute } from './limits.ts'
import { SmtpError, toReply } from './reply.ts'
import { traceFields } from './trace.ts'

export interface SmtpContext {
  config: Config
  storage: Storage
  log: Log
  certificate: Certificate
}

export interface RunningSmtp {
  addresses: { host: string; port: number }[]
  close(): Promise<void>
}

/** RFC 5321 §4.5.3.2.5: a server waits at least five minutes for the next command. */
const IDLE_MS = 300_000

/**
 * SMTP for mail that arrives (RFC 5321). `smtp-server` keeps the dialogue: pipelining (RFC 2920), SIZE (RFC 1870),
 * 8BITMIME (RFC 6152), SMTPUTF8 (RFC 6531), STARTTLS (RFC 3207), enhanced codes (RFC 2034), line ends that smuggle
 * a second message. What is ours: who may receive, the limits, and 250 only after the commit.
 */
export async function startSmtp(context: SmtpContext): Promise<RunningSmtp> {
  const { config, storage, log, certificate } = context
  const maxBytes = Math.floor(config.smtp.maxMessageMegabytes * 1_000_000)
  const connections = concurrent(config.smtp.maxConnectionsPerNetwork)
  const rate = perMinute(config.smtp.maxMessagesPerMinute)
  const memory = budget(config.smtp.maxMegabytesInFlight * 1_000_000)
  const full = onceUntilOver(
    (message) => log.error({}, message),
    'mail is refused for now: the database or the blob store does not take it',
    'mail is taken again',
  )
  const recipients = new WeakMap<object, number>()

  /** Runs a handler and answers with the reply that fits what it threw. */
  const answer = (work: Promise<unknown>, callback: (error?: Error | null) => void): void => {
    work.then(
      () => callback(),
      (error: unknown) => {
        if (error instanceof SmtpError) return callback(error)
        if (error instanceof Refusal) {
          if (error.reason === 'unavailable') full.trouble()
          return callback(toReply(error))
        }
        log.error({ err: error }, 'SMTP command failed')
        callback(toReply(new Refusal('unavailable')))
      },
    )
  }

  const admitted = new Set<string>()
  const createServer = (): SMTPServer =>
    new SMTPServer({
      name: config.hostname,
      banner: 'Zegel',
      ...certificate,
      size: maxBytes,
      maxRecipients: config.smtp.maxRecipients,
      maxClients: config.smtp.maxConnections,
      socketTimeout: IDLE_MS,
      closeTimeout: 5_000,
      disableReverseLookup: true,
      disabledCommands: ['AUTH'],
      authOptional: true,
      // Nothing of ours acts on DSN parameters before mail departs: not announced, not promised.
      rejectOversized: true,
      hideENHANCEDSTATUSCODES: false,
      hideDSN: true,
      hideREQUIRETLS: true,
      logger: false,

      onConnect(session, callback) {
        if (!connections.enter(networkOf(session.remoteAddress)))
          return callback(new SmtpError({ code: 421, text: 'Too many connections from your network' }))
        admitted.add(session.id)
        callback()
      },
      onClose(session) {
        if (admitted.delete(session.id)) connections.leave(networkOf(session.remoteAddress))
      },
      onMailFrom({ address }, session, callback) {
        if (!rate.allow(networkOf(session.remoteAddress))) return callback(toReply(new Refusal('tooManyAttempts')))
        if (address !== '' && parseAddress(address) === undefined)
          return callback(new SmtpError({ code: 553, text: 'Not a valid sender address' }))
        callback()
      },
      onRcptTo(recipient, _session, callback) {
        answer(
          addressee(storage, recipient.address).then((accountId) => recipients.set(recipient, accountId)),
          callback,
        )
      },
      onData(stream, session, callback) {
        answer(take(stream, session), (error) => (error ? callback(error) : callback(null, `Filed as ${session.id}`)))
      },
    })

  const take = async (stream: SMTPServerDataStream, session: SMTPServerSession): Promise<void> => {
    const { envelope } = session
    const trace = traceFields({
      mailFrom: envelope.mailFrom === false ? '' : envelope.mailFrom.address,
      heloName: session.hostNameAppearsAs || 'unknown',
      clientAddress: session.remoteAddress,
      hostname: config.hostname,
      protocol: session.transmissionType,
      id: session.id,
      onlyRecipient: envelope.rcptTo.length === 1 ? envelope.rcptTo[0]?.address : undefined,
      time: now(),
    })
    const pieces: Buffer[] = []
    let taken = 0
    try {
      for await (const piece of stream as AsyncIterable<Buffer>) {
        // Over a limit the rest is read and thrown away: the reply can only come after it.
        if (stream.sizeExceeded || taken < 0) continue
        if (memory.take(piece.length)) {
          taken += piece.length
          pieces.push(piece)
        } else {
          memory.give(taken)
          pieces.length = 0
          taken = -1
        }
      }
      if (stream.sizeExceeded) throw new Refusal('tooLarge')
      if (taken < 0) throw new Refusal('overload')
      const filed = await receiveMessage(storage, log, {
        trace: Buffer.from(trace),
        content: Buffer.concat(pieces),
        recipients: envelope.rcptTo.map((recipient) => ({
          accountId: recipients.get(recipient) as number,
          address: recipient.address,
        })),
      })
      if (filed !== undefined) throw filed
      full.over()
    } finally {
      if (taken > 0) memory.give(taken)
    }
  }

  const servers: SMTPServer[] = []
  const addresses: RunningSmtp['addresses'] = []
  for (const host of config.listen) {
    const server = createServer()
    const port: number = config.smtp.port === 0 ? (addresses[0]?.port ?? 0) : config.smtp.port
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => resolve())
    })
    // A connection that ends badly is the peer's affair; without a listener it would end the process.
    server.on('error', (error) => log.debug({ err: error }, 'an SMTP connection ended badly'))
    servers.push(server)
    addresses.push({ host, port: (server.server.address() as AddressInfo).port })
  }
  return {
    addresses,
    async close() {
      await Promise.all(servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve()))))
    },
  }
}

/** The account that receives mail for an address. @throws Refusal 'invalid', 'domainUnknown', 'addressUnknown' */
async function addressee(storage: Storage, address: string): Promise<number> {
  const parsed = parseAddress(address)
  if (parsed === undefined) throw new Refusal('invalid')
  if (!(await isLocalDomain(storage, parsed.domain))) throw new Refusal('domainUnknown')
  const accountId = await findAddressee(storage, address)
  if (accountId === undefined) throw new Refusal('addressUnknown')
  return accountId
}
