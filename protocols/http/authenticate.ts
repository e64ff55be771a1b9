import type { Context } from 'hono'
import { getCookie } from 'hono/cookie'
import {
  actorOf,
  browserOf,
  doorIsOpen,
  findSession,
  networkOf,
  programOf,
  signInClient,
  type ClientSignedIn,
  type InSession,
} from '#accounts'
import type { Visitor, WireContext } from '#protocols/jmap'
import { noted } from '#protocols/sasl'
import { nowMs, Refusal, type Countries } from '#system'
import type { Storage } from '#storage'
import type { JournalEntry, Note } from '#trust/journal'
import type { Arrivals } from './arrival.ts'

/** The cookie's name without its prefix `__Host-`, which makes browsers keep it to this host, this scheme and all paths. */
export const COOKIE = 'zegel'

/** The token in the session cookie. */
export const cookieToken = (c: Context): string | undefined => getCookie(c, COOKIE, 'host')

export interface Gatekeeper {
  /** Who makes a request: by Authorization, else by cookie. @throws Refusal 'badCredentials', 'tooManyAttempts', 'forbidden' */
  authenticate(c: WireContext): Promise<Visitor>
  /** Whom the cookie belongs to, for pages that only show something else then. */
  findVisitor(c: Context): Promise<InSession | undefined>
  /** Whether a request comes from a page of ours, as far as its sender says. */
  isFromOurPages(c: WireContext): boolean
}

/** Requests that change nothing. RFC 9110 §9.2.1. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS'])

export function openGatekeeper({
  storage,
  arrivals,
  countries,
  note,
}: {
  storage: Storage
  arrivals: Arrivals
  countries: Countries
  note: Note
}): Gatekeeper {
  const noteBasic = hourly(note)
  const findVisitor: Gatekeeper['findVisitor'] = async (c) => {
    const token = cookieToken(c)
    return token === undefined ? undefined : findSession(storage, token)
  }

  const isFromOurPages: Gatekeeper['isFromOurPages'] = (c) => {
    const site = c.req.header('sec-fetch-site')
    if (site !== undefined && site !== 'same-origin' && site !== 'none') return false
    const origin = c.req.header('origin')
    // A browser that says the site is the same may still hide the origin.
    if (origin === 'null') return site === 'same-origin'
    return origin === undefined || origin === arrivals.of(c.env.incoming).origin
  }

  /** A browser sends its cookie whoever asks it to: our header shows that a page of ours did. */
  const refuseForgery = (c: WireContext): void => {
    const isWebSocket = c.req.header('upgrade') !== undefined
    if (SAFE.has(c.req.method) && !isWebSocket) return
    const hasHeader = isWebSocket || c.req.header('x-zegel') === '1'
    if (!hasHeader || !isFromOurPages(c)) throw new Refusal('forbidden')
  }

  const visitorOf = async (c: WireContext, signedIn: ClientSignedIn): Promise<Visitor> => {
    const { accountId, door } = signedIn
    const account = await storage.openAccount(accountId)
    const { client: ip, origin } = arrivals.of(c.env.incoming)
    return {
      ...signedIn,
      account: account.as(actorOf(door, 'jmap')),
      ip,
      origin,
      userAgent: c.req.header('user-agent'),
      isStillSignedIn: () => doorIsOpen(storage, accountId, door),
    }
  }

  const bySession = (c: WireContext, { accountId, isOperator, sessionId: id }: InSession): Promise<Visitor> =>
    visitorOf(c, { accountId, isOperator, readOnly: false, scopes: undefined, door: { by: 'session', id } })

  return {
    findVisitor,
    isFromOurPages,
    async authenticate(c) {
      const authorization = c.req.header('authorization')
      if (authorization === undefined) {
        const signedIn = await findVisitor(c)
        if (signedIn === undefined) throw new Refusal('badCredentials')
        refuseForgery(c)
        return bySession(c, signedIn)
      }
      const [scheme = '', credentials = ''] = authorization.split(/ +/, 2)
      if (/^bearer$/i.test(scheme)) {
        const signedIn = await findSession(storage, credentials)
        if (signedIn === undefined) throw new Refusal('badCredentials')
        return bySession(c, signedIn)
      }
      const pair = /^basic$/i.test(scheme) ? basicPair(credentials) : undefined
      if (pair === undefined) throw new Refusal('badCredentials')
      const { client: ip } = arrivals.of(c.env.incoming)
      const userAgent = c.req.header('user-agent')
      const client = { name: programOf(userAgent), country: await countries.find(ip) }
      // Each method looks at what it needs.
      const attempt = signInClient(storage, { ...pair, network: networkOf(ip), scope: undefined, client })
      return visitorOf(c, await noted(noteBasic(userAgent), { ip, sender: pair.address }, attempt, 'http'))
    },
  }
}

/** Programs send address and password with every request: each pair of address and client is noted once in an hour. */
const NOTED_FOR_MS = 3_600_000

/** Pairs remembered; the one that was noted longest ago makes room. */
const MOST_NOTED = 10_000

function hourly(note: Note): (userAgent: string | undefined) => Note {
  const notedAt = new Map<string, number>()
  return (userAgent) => (entry: JournalEntry) => {
    const pair = `${entry.ip} ${entry.sender?.slice(0, 320)}`
    if (nowMs() - (notedAt.get(pair) ?? -Infinity) < NOTED_FOR_MS) return
    notedAt.delete(pair)
    notedAt.set(pair, nowMs())
    if (notedAt.size > MOST_NOTED) notedAt.delete(notedAt.keys().next().value as string)
    note({ ...entry, browser: browserOf(userAgent) })
  }
}

/** User-id and password in UTF-8. RFC 7617 §2. */
function basicPair(credentials: string): { address: string; password: string } | undefined {
  if (!/^[A-Za-z\d+/]+={0,2}$/.test(credentials)) return undefined
  const text = Buffer.from(credentials, 'base64').toString()
  const colon = text.indexOf(':')
  return colon === -1 ? undefined : { address: text.slice(0, colon), password: text.slice(colon + 1) }
}
