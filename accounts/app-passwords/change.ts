import { Refusal } from '#system'
import type { OpenAccount, Sql, Storage } from '#storage'
import { tellClosed } from '../doors/closed.ts'
import type { Door } from '../doors/door.ts'
import { appPasswordName } from './name.ts'

/** @returns the name as it is kept. @throws Refusal 'invalid' with the field `name`, 'notFound' */
export async function renameAppPassword(
  storage: Storage,
  account: OpenAccount,
  id: number,
  name: string,
): Promise<string> {
  const kept = appPasswordName(name)
  const { rowCount } = await storage.database.sql`
    update app_password set name = ${account.seal('app_password', id, kept)}
    where account_id = ${account.id} and app_password_id = ${id}`
  if (rowCount === 0) throw new Refusal('notFound')
  return kept
}

/** Ends an app password; whoever came in by it is out at once. Gives false when the account has no such one. */
export async function revokeAppPassword(storage: Storage, accountId: number, id: number): Promise<boolean> {
  const { rowCount } = await storage.database.sql`
    delete from app_password where account_id = ${accountId} and app_password_id = ${id}`
  if (rowCount > 0) tellClosed(storage, accountId, [{ by: 'appPassword', id }])
  return rowCount > 0
}

/** Ends all app passwords of an account, within the caller's transaction. @returns what to tell after the commit */
export async function endAppPasswords(sql: Sql, accountId: number): Promise<Door[]> {
  const { rows } = await sql<{ id: number }>`
    delete from app_password where account_id = ${accountId} returning app_password_id as id`
  return rows.map(({ id }) => ({ by: 'appPassword', id }))
}
