import { createBatch } from './batch.ts'
import type { Invocation } from './batch.ts'
import { Failure, failedWith } from './failure.ts'
import { send } from './http.ts'
import type { Id, Session } from './types.ts'

const core = 'urn:ietf:params:jmap:core'
const mail = 'urn:ietf:params:jmap:mail'
/** What the app speaks, as far as the server does. */
const spoken = [
  core,
  mail,
  'urn:ietf:params:jmap:submission',
  'urn:ietf:params:jmap:vacationresponse',
  'urn:ietf:params:jmap:mdn',
  'urn:ietf:params:jmap:sieve',
  'urn:zegel:account',
  'urn:zegel:mail',
  'urn:zegel:sieve',
  'urn:zegel:lists',
  'urn:zegel:transfer',
  'urn:zegel:deleted',
  'urn:zegel:privacy',
  'urn:zegel:support',
]

/** Longest wait between two attempts to reach a server that does not answer. */
const longestWaitSeconds = 60

interface Connection {
  session: Session | undefined
  online: boolean
  /** When the server last answered. */
  answeredAt: Date | undefined
  /** The session is over; the person has to sign in again. */
  signedOut: boolean
  /** They have ended it themselves, or are about to. */
  left: boolean
  /** They have closed the account. */
  closed: boolean
}

/** How the app stands with its server. Read only outside this file. */
export const connection: Connection = $state({
  session: undefined,
  online: true,
  answeredAt: undefined,
  signedOut: false,
  left: false,
  closed: false,
})

export function session(): Session {
  if (!connection.session) throw new Failure('offline', 'noSession')
  return connection.session
}

/** Loads the session (RFC 8620 §2). */
export async function openSession(): Promise<Session> {
  const response = await watched(() => send('/.well-known/jmap', { headers: { Accept: 'application/json' } }))
  return (connection.session = (await response.json()) as Session)
}

export function accountId(): string {
  const { primaryAccounts } = session()
  const id = primaryAccounts[mail]
  if (id === undefined) throw new Failure('declined', 'accountNotFound')
  return id
}

/** Whose a session is: whoever has chosen another first address is still the same. */
export const ownerOf = ({ primaryAccounts, username }: Session): string => primaryAccounts[mail] ?? username

/** A limit of the core capability (RFC 8620 §2), or the least the RFC suggests when the server names none. */
export function limit(name: keyof typeof leastLimits): number {
  const said = connection.session?.capabilities[core]?.[name]
  return typeof said === 'number' && said > 0 ? said : leastLimits[name]
}

const leastLimits = {
  maxCallsInRequest: 16,
  maxObjectsInGet: 500,
  maxObjectsInSet: 500,
  maxSizeUpload: 50_000_000,
  maxConcurrentUpload: 4,
}

/** A limit that a capability names for the account (RFC 8620 §2), or undefined where it names none. */
export function accountLimit(capability: string, name: string): number | undefined {
  const said = session().accounts[accountId()]?.accountCapabilities?.[capability]?.[name]
  return typeof said === 'number' ? said : undefined
}

async function post(methodCalls: Invocation[]): Promise<Invocation[]> {
  const { apiUrl, capabilities } = session()
  const using = spoken.filter((capability) => capability in capabilities)
  const response = await watched(() =>
    send(apiUrl, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json' },
      body: JSON.stringify({ using, methodCalls }),
    }),
  )
  const { methodResponses } = (await response.json()) as { methodResponses: Invocation[] }
  return methodResponses
}

/** Calls a method. All calls of one tick go out as one request. @throws Failure */
export const { call } = createBatch(
  post,
  () => limit('maxCallsInRequest'),
  (args) => ({ accountId: accountId(), ...args }),
)

/** The URL of a blob's bytes (RFC 8620 §6.2). */
export function blobUrl(blobId: string, name: string, type: string): string {
  const values: Record<string, string> = { accountId: accountId(), blobId, name, type }
  return session().downloadUrl.replace(/\{(\w+)\}/g, (whole, key: string) =>
    key in values ? encodeURIComponent(values[key] ?? '') : whole,
  )
}

/** Gives bytes to the server, for what is to be made of them (RFC 8620 §6.1). @throws Failure */
export async function uploadBlob(bytes: Blob): Promise<Id> {
  const url = session().uploadUrl.replace('{accountId}', encodeURIComponent(accountId()))
  const headers = { 'Content-Type': bytes.type }
  const response = await watched(() => send(url, { method: 'POST', headers, body: bytes }))
  return ((await response.json()) as { blobId: Id }).blobId
}

/** The bytes of a blob. @throws Failure */
export async function fetchBlob(blobId: string, name: string, type: string, signal?: AbortSignal): Promise<Response> {
  return watched(() => send(blobUrl(blobId, name, type), signal ? { signal } : {}))
}

/**
 * A remote picture, fetched by our server: its host learns neither our address nor who reads. Its failing says nothing
 * about the line to our server. @throws Failure
 */
export async function fetchPicture(address: string, signal: AbortSignal): Promise<Blob> {
  const { pictureUrl } = session().capabilities['urn:zegel:mail'] ?? {}
  if (typeof pictureUrl !== 'string') throw new Failure('declined', 'unknownMethod')
  const url = pictureUrl
    .replace('{accountId}', () => encodeURIComponent(accountId()))
    .replace('{url}', () => encodeURIComponent(address))
  return (await send(url, { signal })).blob()
}

/** Where the mark of a letter's sender is, which answers when it has been verified; undefined where none are shown. */
export function indicatorUrl(emailId: string): string | undefined {
  const { indicatorUrl: url } = session().capabilities['urn:zegel:mail'] ?? {}
  if (typeof url !== 'string') return undefined
  return url.replace('{accountId}', () => encodeURIComponent(accountId())).replace('{emailId}', () => emailId)
}

/** Ends the session on the server. The cookie is gone when this returns. */
export async function signOut(): Promise<void> {
  // Said first: a request under way may hear of the end before this answer is here, which clears the device (Clear-Site-Data).
  connection.left = true
  try {
    await send('/sign-out', { method: 'POST' })
  } catch (error) {
    connection.left = false
    throw error
  }
  connection.signedOut = true
}

/**
 * Closes the account. Nobody is signed in to it when this returns, and the device is cleared.
 * @param forwardDays  for which mail is forwarded; null: it is refused
 * @throws Failure
 */
export async function closeAccount(password: string, forwardDays: number | null): Promise<void> {
  // Said first, as when signing out.
  connection.left = true
  try {
    await call('Closing/close', { password, forwardDays })
  } catch (error) {
    connection.left = false
    throw error
  }
  connection.closed = true
  // The cookie opens nothing any more; that it is still there harms nobody.
  await signOut().catch(() => (connection.signedOut = true))
}

/** Runs a request and keeps `connection` true to how it ended. */
async function watched(request: () => Promise<Response>): Promise<Response> {
  try {
    const response = await request()
    reached()
    return response
  } catch (error) {
    if (failedWith(error, 'offline')) lost()
    else if (failedWith(error, 'signedOut') && !connection.left) connection.signedOut = true
    throw error
  }
}

let waiters: (() => void)[] = []
let probing: ReturnType<typeof setTimeout> | undefined
let failures = 0

/** Resolves once the server answers again; at once while it does. */
export function whenOnline(): Promise<void> {
  if (connection.online) return Promise.resolve()
  return new Promise((resolve) => waiters.push(resolve))
}

function reached(): void {
  connection.answeredAt = new Date()
  failures = 0
  if (connection.online) return
  connection.online = true
  clearTimeout(probing)
  probing = undefined
  const woken = waiters
  waiters = []
  for (const wake of woken) wake()
}

/** Says that the server does not answer; it is asked again after 1, 2, 4 … 60 seconds. */
export function lost(): void {
  connection.online = false
  if (probing !== undefined || connection.signedOut) return
  const wait = Math.min(2 ** failures, longestWaitSeconds) * (0.8 + Math.random() * 0.4)
  failures++
  probing = setTimeout(() => void probe(), wait * 1000)
}

/** Asks now whether the server is back. */
export async function probe(): Promise<void> {
  clearTimeout(probing)
  probing = undefined
  try {
    await openSession()
  } catch {
    // `watched` has noted it and set the next attempt.
  }
}

addEventListener('online', () => void probe())
