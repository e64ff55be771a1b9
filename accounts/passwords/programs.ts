import { Refusal } from '#system'
import type { Storage } from '#storage'
import { tellClosed } from '../doors/closed.ts'

/** Whether the main password lets mail programs in, and when it was set. @throws Refusal 'notFound' */
export async function passwordUse(
  { database }: Storage,
  accountId: number,
): Promise<{ letsProgramsIn: boolean; setAt: Date }> {
  const { rows } = await database.sql<{ letsProgramsIn: boolean; setAt: Date }>`
    select lets_programs_in as "letsProgramsIn", changed_at as "setAt" from password where account_id = ${accountId}`
  if (rows[0] === undefined) throw new Refusal('notFound')
  return rows[0]
}

/**
 * Allows the main password to programs or forbids it: then programs that came in with it are out at once, and it opens the
 * sign-in page alone. @throws Refusal 'notFound'
 */
export async function letProgramsIn(storage: Storage, accountId: number, lets: boolean): Promise<void> {
  const { rows } = await storage.database.sql<{ setAt: Date }>`
    update password set lets_programs_in = ${lets} where account_id = ${accountId} returning changed_at as "setAt"`
  const [row] = rows
  if (row === undefined) throw new Refusal('notFound')
  if (!lets) tellClosed(storage, accountId, [{ by: 'password', setAt: row.setAt }])
}
