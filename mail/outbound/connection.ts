import { connect as connectSocket, isIP, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import { readFileSync } from 'node:fs'
import { rootCertificates, type ConnectionOptions } from 'node:tls'
import SMTPConnection from 'nodemailer/lib/smtp-connection'
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

/**
 * Opens a session with the first machine of a way that takes one.
 * @param signal  ends it, whatever it is doing
 * @throws DeliveryTrouble telling of the last that did not
 */
export async function openSession(
  way: Way,
  config: Config,
  patience: Patience,
  signal?: AbortSignal,
): Promise<Session> {
  let last: DeliveryTrouble | undefined
  // A hostile zone names a hundred machines that all take their time.
  const giveUpAt = performance.now() + 2 * patience.setupMs
  for await (const endpoint of way.endpoints())
    try {
      return await openAt(endpoint, way, config, patience, signal)
    } catch (error) {
      if (!(error instanceof DeliveryTrouble)) throw error
      // That a machine cannot be asked from here says less than what another one did.
      if (last === undefined || error.outcome.trouble !== 'noOwnAddress') last = error
      if (performance.now() >= giveUpAt) break
    }
  throw last ?? new DeliveryTrouble(outcomeOf('unreachable'))
}

async function openAt(
  endpoint: Endpoint,
  way: Way,
  config: Config,
  patience: Patience,
  signal: AbortSignal | undefined,
): Promise<Session> {
  try {
    return await greet(endpoint, way, config, patience, signal, false)
  } catch (error) {
    // RFC 3207 §4.1: without TLS it is as good as it was before there was any. A smarthost has promised it.
    const isTlsTrouble = error instanceof DeliveryTrouble && error.outcome.trouble === 'notEncrypted'
    if (!isTlsTrouble || way.smarthost !== undefined) throw error
    return greet(endpoint, way, config, patience, signal, true)
  }
}

async function greet(
  endpoint: Endpoint,
  { smarthost, departure }: Way,
  config: Config,
  patience: Patience,
  signal: AbortSignal | undefined,
  inClear: boolean,
): Promise<Session> {
  const { name, port } = endpoint
  const from = departure && localAddressFor(departure, endpoint.address)
  const socket = await dial(endpoint, from, patience.connectMs, signal)
  const client = new SMTPConnection({
    connection: socket,
    host: name,
    port,
    name: departure?.heloName ?? config.hostname,
    secure: smarthost?.tls === 'implicit',
    ignoreTLS: inClear || smarthost?.tls === 'none',
    requireTLS: smarthost?.tls === 'starttls',
    connectionTimeout: patience.setupMs,
    greetingTimeout: patience.setupMs,
    socketTimeout: patience.silenceMs,
    maxResponseSize: LONGEST_REPLY,
    tls: smarthost === undefined ? { rejectUnauthorized: false } : believed(smarthost),
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
    const session = sessionOf(client, name, extensions)
    if (smarthost?.user !== undefined && smarthost.password !== undefined)
      await signIn(client, smarthost.user, smarthost.password, name)
    return session
  } catch (error) {
    client.close()
    if (error instanceof DeliveryTrouble) throw error
    const { code, response } = error as ClientError
    if (isTls || code === 'ETLS') throw new DeliveryTrouble(outcomeOf('notEncrypted', name), { cause: error })
    if (response === undefined) throw new DeliveryTrouble(outcomeOf('unreachable', name), { cause: error })
    // Whatever a machine says instead of a greeting, another one of the domain, or this one tomorrow, may say something else.
    const outcome = outcomeOfReply(response, name)
    throw new DeliveryTrouble({ ...outcome, state: 'later', status: `4${outcome.status.slice(1)}` }, { cause: error })
  } finally {
    clearTimeout(timer)
  }
}

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
