import type { Sql } from '#storage'
import { endAppPasswords } from '../app-passwords/change.ts'
import type { Door } from '../doors/door.ts'
import { sessionIdOf, tokenKeyOf } from './id.ts'

/**
 * Ends every session and token of an account, within the caller's transaction.
 * @param exceptId  the session that may stay
 * @returns what to tell to `tellClosed` after the commit
 */
export async function endSessions(sql: Sql, accountId: number, exceptId?: string): Promise<Door[]> {
  const kept = exceptId === undefined ? undefined : tokenKeyOf(exceptId)
  const { rows } = await sql<{ token_key: Buffer }>`
    delete from session where account_id = ${accountId} and token_key is distinct from ${kept ?? null}::bytea
    returning token_key`
  return sessionDoors(rows)
}

/**
 * The same for everything by which somebody is signed in: sessions, tokens, app passwords, and whatever else signs in by
 * itself. A second factor signs nobody in, and stays.
 */
export async function endEverySignIn(sql: Sql, accountId: number): Promise<Door[]> {
  return [...(await endSessions(sql, accountId)), ...(await endAppPasswords(sql, accountId))]
}

export const sessionDoors = (rows: readonly { token_key: Buffer }[]): Door[] =>
  rows.map(({ token_key: key }) => ({ by: 'session', id: sessionIdOf(key) }))
