import { fragment, type Fragment, type Storage } from '#storage'
import { sessionIsOpen } from '../sessions/find.ts'
import type { Door } from './door.ts'

/**
 * Whether whoever came in by this door may stay. For connections that stay open: asked once a minute, it ends those that
 * no message has ended (closed.ts).
 */
export async function doorIsOpen(storage: Storage, accountId: number, door: Door): Promise<boolean> {
  const { rowCount } = await storage.database.sql`
    select from account where account_id = ${accountId} and state in ('open', 'suspended') and exists (${rowOf(accountId, door)})`
  return rowCount > 0
}

/** What a door stands and falls with. */
function rowOf(accountId: number, door: Door): Fragment {
  if (door.by === 'session') return sessionIsOpen(accountId, door.id)
  if (door.by === 'appPassword')
    return fragment`
      select from app_password where app_password.account_id = ${accountId} and app_password_id = ${door.id}`
  return fragment`
    select from password
    where password.account_id = ${accountId} and changed_at = ${door.setAt} and lets_programs_in and not asks_factor`
}
