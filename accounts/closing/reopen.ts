import { now, Refusal } from '#system'
import type { Sql, Storage } from '#storage'

/**
 * Reopens a closed account: everything is as it was when it was closed, app passwords too.
 * @param passwordSetAt  as for closeAccount
 * @param within  what belongs to it, in its transaction
 * @throws Refusal 'notFound' when it is not closed; 'expired' when its time is over; 'badCredentials'
 */
export async function reopenAccount(
  { database }: Storage,
  accountId: number,
  { passwordSetAt }: { passwordSetAt?: Date | undefined },
  within: (sql: Sql) => Promise<void>,
): Promise<void> {
  await database.transaction(async (sql) => {
    const { rows } = await sql<{ reopen_until: Date }>`
      select reopen_until from account join closure using (account_id)
      where account_id = ${accountId} and state = 'closed' for update`
    const [closure] = rows
    if (closure === undefined) throw new Refusal('notFound')
    if (closure.reopen_until <= now()) throw new Refusal('expired')
    if (passwordSetAt !== undefined) {
      const { rowCount } = await sql`
        select from password where account_id = ${accountId} and changed_at = ${passwordSetAt} for share`
      if (rowCount === 0) throw new Refusal('badCredentials')
    }
    await sql`
      update account set state = state_before from closure
      where account.account_id = ${accountId} and closure.account_id = ${accountId}`
    await sql`delete from closure where account_id = ${accountId}`
    await within(sql)
  })
}
