import type { Storage } from '#storage'
import { tellClosed } from '../doors/closed.ts'
import { endSessions, sessionDoors } from './end-every.ts'
import { tokenKeyOf } from './id.ts'

/** Ends one session of an account. Gives false when the account has no such session. */
export async function endSession(storage: Storage, accountId: number, sessionId: string): Promise<boolean> {
  const key = tokenKeyOf(sessionId)
  if (key === undefined) return false
  const { rows } = await storage.database.sql<{ token_key: Buffer }>`
    delete from session where token_key = ${key} and account_id = ${accountId} returning token_key`
  tellClosed(storage, accountId, sessionDoors(rows))
  return rows.length > 0
}

/** Ends all sessions of an account, or all but one. Gives how many ended. */
export async function endAllSessions(storage: Storage, accountId: number, exceptId?: string): Promise<number> {
  const ended = await endSessions(storage.database.sql, accountId, exceptId)
  tellClosed(storage, accountId, ended)
  return ended.length
}
