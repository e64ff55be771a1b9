import { now, nowMs } from '#system'
import { fragment, type Fragment, type Storage } from '#storage'
import { noteUsed } from '../idle/use.ts'
import { sessionIdOf, tokenKeyOf } from './id.ts'
import type { SessionKind } from './list.ts'

/** Whose session it is. */
export interface InSession {
  accountId: number
  isOperator: boolean
  sessionId: string
  kind: SessionKind
}

/** A use is noted at most this often. */
const NOTE_MS = 5 * 60_000

/** Whose session a token is. Undefined when there is none, it has ended, or the account is closed. */
export async function findSession(storage: Storage, token: string): Promise<InSession | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined
  const key = (await storage.keys.serviceKey('sessions')).hash(token)
  const { rows } = await storage.database.sql<{
    account_id: number
    is_operator: boolean
    kind: SessionKind
    last_used_at: Date
  }>`
    select session.account_id, is_operator, session.kind, last_used_at
    from session join account on account.account_id = session.account_id
    where token_key = ${key} and expires_at > ${now()} and state in ('open', 'suspended')`
  const [row] = rows
  if (row === undefined) return undefined
  // Who is signed in may go on reading when nothing can be written.
  if (row.last_used_at.getTime() <= nowMs() - NOTE_MS) await noteUse(storage, key).catch(() => undefined)
  await noteUsed(storage, row.account_id)
  return { accountId: row.account_id, isOperator: row.is_operator, sessionId: sessionIdOf(key), kind: row.kind }
}

/** Moves the end along with the use: the time between the two is the session's lifetime (open.ts). */
async function noteUse(storage: Storage, key: Buffer): Promise<void> {
  await storage.database.sql`
    update session set last_used_at = ${now()}, expires_at = ${now()}::timestamptz + (expires_at - last_used_at)
    where token_key = ${key} and last_used_at < ${now()}`
}

/** The row of a session that has not ended; none for what is not the name of one. */
export const sessionIsOpen = (accountId: number, sessionId: string): Fragment =>
  fragment`
    select from session
    where token_key = ${tokenKeyOf(sessionId) ?? null}::bytea and session.account_id = ${accountId} and expires_at > ${now()}`
