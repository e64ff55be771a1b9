import { randomBytes } from 'node:crypto'
import { nowMs, Refusal } from '#system'
import type { Storage } from '#storage'
import { tellClosed } from '../doors/closed.ts'
import { noteUsed } from '../idle/use.ts'
import { browserOf } from './browser.ts'
import { sessionDoors } from './end-every.ts'
import { sessionIdOf } from './id.ts'
import type { SessionDetail, SessionKind } from './list.ts'

const HOUR_MS = 3_600_000

/**
 * How long a session lives after its last use. A cookie lasts for people who come once a month; "not my computer"
 * lasts for a working day; a program's bearer token survives a long holiday.
 */
const LIFETIME_MS = { cookie: 30 * 24 * HOUR_MS, short: 12 * HOUR_MS, bearer: 90 * 24 * HOUR_MS }

/** Sessions of one account; the least recently used makes room for the next. */
const MOST = 100

const TOKEN_BYTES = 32

export interface NewSession {
  accountId: number
  kind: SessionKind
  /** As the client sent it. Only the browser's name and version are kept, sealed. */
  userAgent?: string | undefined
  /** ISO 3166 code of two letters. */
  country?: string | undefined
  /** On a computer that is not one's own. */
  isShort?: boolean | undefined
  /** Of the password that was given, as checkPassword says: one that was replaced meanwhile opens nothing. */
  passwordSetAt?: Date | undefined
  /** Whether a second factor has been given as well: without one the password of an account that asks for it opens nothing. */
  hasFactor?: boolean | undefined
}

/**
 * Opens a session. The token is given once, here: kept is a keyed hash of it.
 * @returns the token, 43 characters of base64url, and when it ends unless it is used before
 * @throws Refusal 'badCredentials' when the password is no longer that of `passwordSetAt`, or is not enough
 */
export async function openSession(storage: Storage, session: NewSession): Promise<{ token: string; expiresAt: Date }> {
  const { accountId, kind, userAgent, country, isShort = false, passwordSetAt, hasFactor = false } = session
  const [account, sessions] = await Promise.all([storage.openAccount(accountId), storage.keys.serviceKey('sessions')])
  const token = randomBytes(TOKEN_BYTES).toString('base64url')
  const key = sessions.hash(token)
  const at = new Date(nowMs())
  const expiresAt = new Date(nowMs() + LIFETIME_MS[isShort ? 'short' : kind])
  const detail: SessionDetail = {
    browser: browserOf(userAgent) ?? null,
    country: country !== undefined && /^[A-Z]{2}$/.test(country) ? country : null,
  }

  const ended = await storage.database.transaction(async (sql) => {
    if (passwordSetAt !== undefined) {
      // Waits for a change that is under way; one that comes later waits for this session, and ends it.
      const { rowCount } = await sql`
        select from password
        where account_id = ${accountId} and changed_at = ${passwordSetAt} and (${hasFactor} or not asks_factor) for share`
      if (rowCount === 0) throw new Refusal('badCredentials')
    }
    const pushedOut = await sql<{ token_key: Buffer }>`
      delete from session where token_key in (
        select token_key from session where account_id = ${accountId} order by last_used_at desc offset ${MOST - 1})
      returning token_key`
    await sql`
      insert into session (account_id, token_key, kind, sealed, created_at, last_used_at, expires_at)
      values (${accountId}, ${key}, ${kind}, ${account.seal('session', sessionIdOf(key), JSON.stringify(detail))},
              ${at}, ${at}, ${expiresAt})`
    return pushedOut.rows
  })
  tellClosed(storage, accountId, sessionDoors(ended))
  await noteUsed(storage, accountId)
  return { token, expiresAt }
}
