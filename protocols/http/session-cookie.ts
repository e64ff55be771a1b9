import { setCookie } from 'hono/cookie'
import { browserOf, endSession, openSession, type NewSession } from '#accounts'
import type { WireContext } from '#protocols/jmap'
import type { Config, Countries } from '#system'
import type { Storage } from '#storage'
import type { JournalEntry, Note } from '#trust/journal'
import { stopRecovery } from '#trust/recovery'
import type { Arrivals } from './arrival.ts'
import { COOKIE, type Gatekeeper } from './authenticate.ts'

/** As long as browsers keep cookies (RFC 6265bis §5.5): when a session ends is the server's business. */
const COOKIE_SECONDS = 400 * 24 * 3600

export interface SessionParts {
  storage: Storage
  arrivals: Arrivals
  gatekeeper: Gatekeeper
  countries: Countries
  note: Note
  config: Config
}

/** What a session remembers of the client: the browser, and of the address its country alone. */
export async function clientOf(
  { arrivals, countries }: Pick<SessionParts, 'arrivals' | 'countries'>,
  c: WireContext,
): Promise<{ userAgent: string | undefined; country: string | undefined }> {
  const country = await countries.find(arrivals.of(c.env.incoming).client)
  return { userAgent: c.req.header('user-agent'), country }
}

/** What the journal is told of somebody who signs in with this request. */
export const signInEntry = (
  { arrivals }: Pick<SessionParts, 'arrivals'>,
  c: WireContext,
  address: string,
): JournalEntry => ({
  ip: arrivals.of(c.env.incoming).client,
  sender: address,
  browser: browserOf(c.req.header('user-agent')),
})

/** Signs a browser in, and ends the session it had before. @throws Refusal as openSession */
export async function openCookieSession(
  parts: SessionParts,
  c: WireContext,
  session: Pick<NewSession, 'accountId' | 'isShort' | 'passwordSetAt' | 'hasFactor'>,
): Promise<void> {
  await endCookieSession(parts, c)
  const { token } = await openSession(parts.storage, { ...session, kind: 'cookie', ...(await clientOf(parts, c)) })
  // Whoever has the second factor has not lost it: somebody else asked to get in without.
  if (session.hasFactor === true) await stopRecovery(parts.storage, parts.config, session.accountId)
  setCookie(c, COOKIE, token, {
    prefix: 'host',
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite: 'Lax',
    // On a computer that is not one's own the browser forgets it when it is closed.
    ...(session.isShort === true ? {} : { maxAge: COOKIE_SECONDS }),
  })
}

/** Ends the session of the request's cookie, if it has one. */
export async function endCookieSession({ storage, gatekeeper }: SessionParts, c: WireContext): Promise<void> {
  const old = await gatekeeper.findVisitor(c)
  if (old !== undefined) await endSession(storage, old.accountId, old.sessionId)
}
