import { now, Refusal } from '#system'
import type { Sql, Storage } from '#storage'
import { dropCode } from '../codes/codes.ts'
import { tellClosed } from '../doors/closed.ts'
import { endEverySignIn, endSessions } from '../sessions/end-every.ts'
import { hashPassword } from './hash.ts'
import { isAcceptablePassword } from './rules.ts'
import { inTurn } from './turns.ts'

const placeOf = (accountId: number): string => `password/${accountId}`

/** Hashes and seals a new password. @throws Refusal 'invalid', 'overload' */
export async function sealPassword(storage: Storage, accountId: number, password: string): Promise<Buffer> {
  if (!isAcceptablePassword(password)) throw new Refusal('invalid', { fields: ['password'] })
  const credentials = await storage.keys.serviceKey('credentials')
  return credentials.seal(placeOf(accountId), await inTurn(() => hashPassword(password)))
}

/** The PHC string of a stored password. */
export async function openPassword(storage: Storage, accountId: number, sealed: Buffer): Promise<string> {
  const credentials = await storage.keys.serviceKey('credentials')
  return credentials.open(placeOf(accountId), sealed).toString()
}

export async function insertPassword(sql: Sql, accountId: number, sealed: Buffer): Promise<void> {
  await sql`insert into password (account_id, sealed, changed_at) values (${accountId}, ${sealed}, ${now()})`
}

export interface PasswordChange {
  /** When the password was set that is to be replaced: nobody's decision about an older one counts. */
  replaces?: Date | undefined
  /** By whoever knew it, and keeps the own session and the app passwords; else everything ends, for who knew it is unknown. */
  byOwner?: { keptSession: string | undefined } | undefined
  /** What belongs to the change, in its transaction. */
  within?: ((sql: Sql) => Promise<void>) | undefined
}

/**
 * Replaces an account's password. Whoever got in with the old one is out: every sign-in ends (end-every.ts), a change of
 * the recovery address that was under way too, connections of programs, and remembered pairs no longer fit `changed_at`.
 * @throws Refusal 'invalid', 'notFound' also when it is another than `replaces` by now, 'overload'
 */
export async function changePassword(
  storage: Storage,
  accountId: number,
  newPassword: string,
  { replaces, byOwner, within }: PasswordChange = {},
): Promise<void> {
  const sealed = await sealPassword(storage, accountId, newPassword)
  const ended = await storage.database.transaction(async (sql) => {
    // Never the same instant twice: it tells one password from the next.
    const { rows } = await sql<{ setAt: Date }>`
      with old as (
        select changed_at from password
        where account_id = ${accountId} and changed_at = coalesce(${replaces ?? null}::timestamptz, changed_at) for update)
      update password set sealed = ${sealed}, changed_at = greatest(${now()}, old.changed_at + interval '1 millisecond')
      from old where account_id = ${accountId}
      returning old.changed_at as "setAt"`
    const [old] = rows
    if (old === undefined) throw new Refusal('notFound')
    await dropCode(storage, sql, 'recovery', String(accountId))
    await within?.(sql)
    const doors =
      byOwner === undefined
        ? await endEverySignIn(sql, accountId)
        : await endSessions(sql, accountId, byOwner.keptSession)
    return [...doors, { by: 'password', setAt: old.setAt } as const]
  })
  tellClosed(storage, accountId, ended)
}
