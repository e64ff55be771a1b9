import { now, nowMs } from '#system'
import type { Storage } from '#storage'
import type { SignedIn } from '../signin/check.ts'
import { sessionIdOf, tokenKeyOf } from './ended.ts'

/** A use is noted at most this often. */
const NOTE_MS = 5 * 60_000

/** Whose session a token is. Undefined when there is none, it has ended, or the account is closed. */
export async function findSession(storage: Storage, token: string): Promise<SignedIn | undefined> {
  if (!/^[\w-]{43}$/.test(token)) return undefined
  const key = (await storage.keys.serviceKey('sessions')).hash(token)
  const { rows } = await storage.database.sql<{ account_id: number; is_operator: boolean; last_used_at: Date }>`
    select session.account_id, is_operator, last_used_at
    from session join account on account.account_id = session.account_id
    where token_key = ${key} and expires_at > ${now()} and state <> 'closed'`
  const [row] = rows
  if (row === undefined) return undefined
  // Who is signed in may go on reading when nothing can be written.
  if (row.last_used_at.getTime() <= nowMs() - NOTE_MS) await noteUse(storage, key).catch(() => undefined)
  return { accountId: row.account_id, isOperator: row.is_operator, sessionId: sessionIdOf(key) }
}

/** Moves the end along with the use: the time between the two is the session's lifetime (open.ts). */
async function noteUse(storage: Storage, key: Buffer): Promise<void> {
  await storage.database.sql`
    update session set last_used_at = ${now()}, expires_at = ${now()}::timestamptz + (expires_at - last_used_at)
    where token_key = ${key} and last_used_at < ${now()}`
}

/** Whether a session has not ended. For connections that stay open: asked every minute, it ends them in every process. */
export async function sessionLives(storage: Storage, accountId: number, sessionId: string): Promise<boolean> {
  const key = tokenKeyOf(sessionId)
  if (key === undefined) return false
  const { rowCount } = await storage.database.sql`
    select from session join account on account.account_id = session.account_id
    where token_key = ${key} and session.account_id = ${accountId} and expires_at > ${now()} and state <> 'closed'`
  return rowCount > 0
}
