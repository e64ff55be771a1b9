import { connect as connectSocket, isIP, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { readFileSync } from 'node:fs'
import { rootCertificates, TLSSocket, type ConnectionOptions } from 'node:tls'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
import { isBound, proofOf, proofWithoutTls, type Demand, type Transport } from '#mail/transport'
import type { Config } from '#system'
import { localAddressFor } from './departures.ts'
import { DeliveryTrouble, outcomeOf, outcomeOfReply } from './outcome.ts'
import type { Endpoint, Way } from './way.ts'

/** A failure as the library tells it. */
export type ClientError = Error & {
  code?: string
  command?: string
  response?: string
  responseCode?: number
  rejectedErrors?: ClientError[]
  recipient?: string
}

/** How long each thing may take, in milliseconds. */
export interface Patience {
  /** Until one address has taken the connection. */
  connectMs: number
  /** Until greeting, TLS and sign-in are over (RFC 5321 §4.5.3.2.1); after twice as long no further machine is asked. */
  setupMs: number
  /** Between two signs of life (RFC 5321 §4.5.3.2.6 asks for ten minutes after the message). */
  silenceMs: number
  /** One letter in all, beside what its size takes. */
  letterMs: number
}

export const PATIENCE: Patience = { connectMs: 30_000, setupMs: 300_000, silenceMs: 600_000, letterMs: 900_000 }

/** A reply is read up to this many bytes; then the connection is closed. */
const LONGEST_REPLY = 64 * 1024

/** How long the farewell of another server is waited for, in milliseconds. */
const FAREWELL_MS = 5000

/** Letters over one connection. */
const MOST_LETTERS = 100

/** A session with another server, ready for letters. */
export interface Session {
  client: SMTPConnection
  host: string
  /** Keywords of EHLO in upper case, with their parameters. */
  extensions: ReadonlyMap<string, string>
  /** Letters sent over it. */
  letters: number
  /** Our parameters for a command of the library's. */
  decorate: ((command: string) => string) | undefined
  isUsable(): boolean
  quit(): void
}

/** With what sessions are opened. */
export interface SessionTools {
  config: Config
  transport: Transport
  patience: Patience
  /** Ends it, whatever it is doing. */
  signal?: AbortSignal
}

/**
 * Opens a session with the first machine of a way that takes one, and proves what it has to.
 * @throws DeliveryTrouble telling of the last that did not; rather of one that may later
 */
export async function openSession(way: Way, tools: SessionTools): Promise<Session> {
  const { patience } = tools
  let last: DeliveryTrouble | undefined
  // A hostile zone names a hundred machines that all take their time.
  const giveUpAt = performance.now() + 2 * patience.setupMs
  for await (const endpoint of way.endpoints())
    try {
      return await openAt(endpoint, way, tools)
    } catch (error) {
      if (!(error instanceof DeliveryTrouble)) throw error
      // What may come back later counts more than what is not there; that a machine cannot be asked from here says less than
      // what another one did.
      const saysMore = error.outcome.state === 'later' && error.outcome.trouble !== 'noOwnAddress'
      if (last === undefined || last.outcome.state === 'failed' || saysMore) last = error
      if (performance.now() >= giveUpAt) break
    }
  throw last ?? new DeliveryTrouble(outcomeOf('unreachable'))
}

async function openAt(endpoint: Endpoint, way: Way, tools: SessionTools): Promise<Session> {
  try {
    return await greet(endpoint, way, tools, false)
  } catch (error) {
    // RFC 3207 §4.1: without TLS it is as good as it was before there was any. A smarthost has promised it.
    const isTlsTrouble = error instanceof DeliveryTrouble && error.outcome.trouble === 'notEncrypted'
    if (!isTlsTrouble || way.smarthost !== undefined || way.care === 'proven') throw error
    return greet(endpoint, way, tools, true)
  }
}

async function greet(
  endpoint: Endpoint,
  { smarthost, departure, care }: Way,
  { config, transport, patience, signal }: SessionTools,
  inClear: boolean,
): Promise<Session> {
  const { name, port, demand } = endpoint
  const from = departure && localAddressFor(departure, endpoint.address)
  const socket = await dial(endpoint, from, patience.connectMs, signal)
  const client = new SMTPConnection({
    connection: socket,
    host: name,
    port,
    name: departure?.heloName ?? config.hostname,
    secure: smarthost?.tls === 'implicit',
    ignoreTLS: inClear || smarthost?.tls === 'none',
    requireTLS: smarthost?.tls === 'starttls' || (demand !== undefined && isBound(demand)),
    connectionTimeout: patience.setupMs,
    greetingTimeout: patience.setupMs,
    socketTimeout: patience.silenceMs,
    maxResponseSize: LONGEST_REPLY,
    tls: smarthost === undefined ? unbelieved(demand, transport) : believed(smarthost),
  })
  const timer = setTimeout(() => socket.destroy(), patience.setupMs)
  let isTls = false
  // Stays for the life of the connection: an error that nobody hears would end the process.
  client.on('error', () => (isTls ||= client.upgrading === true))
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('error', reject)
      client.once('end', () => reject(new Error('the connection ended')))
      client.connect((error) => (error ? reject(error) : resolve()))
    })
    const extensions = extensionsOf(client.lastServerResponse)
    if (demand !== undefined && !inClear) prove(client, demand, name, transport)
    // RFC 8689 §4.2.1: it must promise the same in its turn, and have proven who it is.
    const isProven = demand !== undefined || (smarthost !== undefined && smarthost.tls !== 'none')
    if (care === 'proven' && !(isProven && extensions.has('REQUIRETLS')))
      throw new DeliveryTrouble(outcomeOf('requiresTls', name))
    const session = sessionOf(client, name, extensions)
    if (smarthost?.user !== undefined && smarthost.password !== undefined)
      await signIn(client, smarthost.user, smarthost.password, name)
    return session
  } catch (error) {
    client.close()
    if (error instanceof DeliveryTrouble) throw error
    const { code, response } = error as ClientError
    if (demand !== undefined && !inClear && (isTls || code === 'ETLS')) {
      const failure = response === undefined ? 'validation-failure' : 'starttls-not-supported'
      transport.count(demand, name, failure)
      if (!proofWithoutTls(demand, failure).mayGo) throw unproven(demand, name, error)
    }
    if (isTls || code === 'ETLS') throw new DeliveryTrouble(outcomeOf('notEncrypted', name), { cause: error })
    if (response === undefined) throw new DeliveryTrouble(outcomeOf('unreachable', name), { cause: error })
    // Whatever a machine says instead of a greeting, another one of the domain, or this one tomorrow, may say something else.
    const outcome = outcomeOfReply(response, name)
    throw new DeliveryTrouble({ ...outcome, state: 'later', status: `4${outcome.status.slice(1)}` }, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

/** @throws DeliveryTrouble for a server that has not shown what its domain says it must */
function prove(client: SMTPConnection, demand: Demand, host: string, transport: Transport): void {
  const { _socket: socket } = client as unknown as { _socket: Socket }
  const { failure, mayGo } =
    socket instanceof TLSSocket ? proofOf(demand, socket) : proofWithoutTls(demand, 'starttls-not-supported')
  transport.count(demand, host, failure)
  if (!mayGo) throw unproven(demand, host)
}

/** What its domain demands it may do later; what only the letter demands is nobody's fault there. */
const unproven = (demand: Demand, host: string, cause?: unknown): DeliveryTrouble =>
  new DeliveryTrouble(outcomeOf(isBound({ ...demand, care: 'usual' }) ? 'notProven' : 'requiresTls', host), { cause })

function sessionOf(client: SMTPConnection, host: string, extensions: Session['extensions']): Session {
  const session: Session = {
    client,
    host,
    extensions,
    letters: 0,
    decorate: undefined,
    isUsable: () => !client.destroyed && session.letters < MOST_LETTERS,
    quit() {
      if (client.destroyed) return
      client.quit()
      setTimeout(() => client.close(), FAREWELL_MS).unref()
    },
  }
  // The library has DSN parameters for all recipients together only, and SMTPUTF8 only for addresses, not for a header
  // (RFC 6531 §3.4): the parameters of MAIL and RCPT are ours.
  const inner = client as unknown as { _sendCommand(command: string, logged?: string): void }
  const sendCommand = inner._sendCommand.bind(client)
  inner._sendCommand = (command, logged) => sendCommand(session.decorate?.(command) ?? command, logged)
  return session
}

/** What the system says of an address that the machine has not, or may not use. */
const NO_OWN_ADDRESS: ReadonlySet<unknown> = new Set(['EADDRNOTAVAIL', 'EINVAL', 'EACCES'])

/**
 * @param from  an address of ours; undefined: any
 * @throws DeliveryTrouble 'unreachable', 'noOwnAddress'
 */
async function dial(
  { name, address, port }: Endpoint,
  from: string | undefined,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<Socket> {
  if (from === 'none') throw new DeliveryTrouble(outcomeOf('noOwnAddress', name))
  return new Promise((resolve, reject) => {
    const options = { host: address, port, noDelay: true, keepAlive: true }
    const socket = connectSocket({ ...options, ...(from && { localAddress: from }), ...(signal && { signal }) })
    const fail = (cause?: unknown): void => {
      clearTimeout(timer)
      socket.destroy()
      const isOurs = from !== undefined && NO_OWN_ADDRESS.has((cause as { code?: unknown } | undefined)?.code)
      reject(new DeliveryTrouble(outcomeOf(isOurs ? 'noOwnAddress' : 'unreachable', name), { cause }))
    }
    const timer = setTimeout(fail, timeoutMs)
    socket.once('error', fail)
    socket.once('connect', () => {
      clearTimeout(timer)
      socket.off('error', fail)
      // Until the library listens; afterwards one listener more does no harm.
      socket.on('error', () => undefined)
      resolve(socket)
    })
  })
}

/** The handshake goes through in any case: afterwards it is looked at what was shown. */
const unbelieved = (demand: Demand | undefined, { authorities }: Transport): ConnectionOptions => ({
  rejectUnauthorized: false,
  ...(demand === undefined || isIP(demand.serverName) !== 0 ? {} : { servername: demand.serverName }),
  ...(authorities === undefined ? {} : { secureContext: authorities }),
})

/** A smarthost proves its name by an authority that everybody believes, or the one of the settings. */
const believed = ({ host, authority }: NonNullable<Config['smarthost']>): ConnectionOptions => ({
  rejectUnauthorized: true,
  ...(isIP(host) === 0 ? { servername: host } : {}),
  ...(authority === undefined ? {} : { ca: [...rootCertificates, readFileSync(authority, 'utf8')] }),
})

async function signIn(client: SMTPConnection, user: string, pass: string, host: string): Promise<void> {
  const signedIn = new Promise<void>((resolve, reject) => {
    client.once('error', reject)
    client.login({ user, pass }, (error) => (error ? reject(error) : resolve()))
  })
  await signedIn.catch((cause: unknown) => {
    throw new DeliveryTrouble(outcomeOf('notSignedIn', host), { cause })
  })
}

/** RFC 5321 §4.1.1.1: one keyword a line, after the line that greets. */
function extensionsOf(reply: string | false): ReadonlyMap<string, string> {
  const lines = (reply || '').split(/\r?\n/).slice(1)
  return new Map(
    lines.map((line) => {
      const [keyword = '', ...parameters] = line
        .replace(/^\d{3}[ -]/, '')
        .trim()
        .split(/\s+/)
      return [keyword.toUpperCase(), parameters.join(' ')]
    }),
  )
}

/**
 * Lets what has already arrived be read: a server that answers twice has broken the order of replies, and the library
 * closes the connection.
 */
export async function settle(): Promise<void> {
  await turn()
  await turn()
}
