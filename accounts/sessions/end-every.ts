import type { Sql } from '#storage'
import { tokenKeyOf } from './ended.ts'

/**
 * Ends everything by which somebody is signed in to an account, within the caller's transaction: sessions and tokens, and
 * whatever else signs in by itself. A second factor signs nobody in, and stays.
 * @param exceptId  the session that may stay
 * @returns what to tell to `tellEnded` after the commit
 */
export async function endEverySignIn(
  sql: Sql,
  accountId: number,
  exceptId?: string,
): Promise<readonly { token_key: Buffer }[]> {
  const kept = exceptId === undefined ? undefined : tokenKeyOf(exceptId)
  const { rows } = await sql<{ token_key: Buffer }>`
    delete from session where account_id = ${accountId} and token_key is distinct from ${kept ?? null}::bytea
    returning token_key`
  return rows
}
