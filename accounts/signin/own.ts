import { Refusal } from '#system'
import type { Storage } from '#storage'
import { openPassword } from '../passwords/change.ts'
import { fitsPassword } from '../passwords/hash.ts'
import { isTooLong } from '../passwords/rules.ts'
import { inTurn } from '../passwords/turns.ts'
import { countAttempt, type AttemptKeys } from './attempts.ts'

/**
 * Whether somebody who is signed in knows the password: asked before what a borrowed device must not do. Attempts are
 * counted for the account alone, apart from those to sign in, so that nobody locks its owner out.
 * @returns when that password was set: what it allows must not come after it was replaced
 * @throws Refusal 'badCredentials'; 'tooManyAttempts' with the seconds to wait; 'overload'
 */
export async function confirmPassword(storage: Storage, accountId: number, password: string): Promise<Date> {
  if (isTooLong(password)) throw new Refusal('badCredentials')
  const keys = await ownKeys(storage, accountId)
  return inTurn(async () => {
    const { rows } = await storage.database.sql<{ sealed: Buffer; changed_at: Date }>`
      select password.sealed, changed_at from password join account using (account_id)
      where account_id = ${accountId} and state in ('open', 'suspended')`
    const [row] = rows
    if (row === undefined) throw new Refusal('badCredentials')
    const attempt = await countAttempt(storage, keys)
    const isRight = await fitsPassword(password, await openPassword(storage, accountId, row.sealed)).catch(
      async (error: unknown) => {
        await attempt.undo()
        throw error
      },
    )
    if (!isRight) throw new Refusal('badCredentials')
    await attempt.succeed()
    return row.changed_at
  })
}

async function ownKeys(storage: Storage, accountId: number): Promise<AttemptKeys> {
  const day = await storage.keys.dayKey()
  return { account: day.hash(`own\0${accountId}`), network: day.hash(`own all\0${accountId}`) }
}
