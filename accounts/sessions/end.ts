import type { Storage } from '#storage'
import { tellEnded, tokenKeyOf } from './ended.ts'

/** Ends one session of an account. Gives false when the account has no such session. */
export async function endSession(storage: Storage, accountId: number, sessionId: string): Promise<boolean> {
  const key = tokenKeyOf(sessionId)
  if (key === undefined) return false
  const { rows } = await storage.database.sql<{ token_key: Buffer }>`
    delete from session where token_key = ${key} and account_id = ${accountId} returning token_key`
  tellEnded(accountId, rows)
  return rows.length > 0
}

/** Ends all sessions of an account, or all but one. Gives how many ended. */
export async function endAllSessions(storage: Storage, accountId: number, exceptId?: string): Promise<number> {
  const kept = exceptId === undefined ? undefined : tokenKeyOf(exceptId)
  const { rows } = await storage.database.sql<{ token_key: Buffer }>`
    delete from session where account_id = ${accountId} and token_key is distinct from ${kept ?? null}::bytea
    returning token_key`
  tellEnded(accountId, rows)
  return rows.length
}
