import { Refusal } from '#system'
import type { OpenAccount, Sql, Storage, Transaction } from '#storage'
import { tellEveryClosed } from '../doors/closed.ts'
import { endSessions } from '../sessions/end-every.ts'
import type { Closure } from './closure.ts'
import type { ClosingTerms } from './terms.ts'

/**
 * Closes an account. Nobody gets in from the commit on, and who is in is put out; sessions and tokens end, app passwords
 * fit nothing until it is reopened; mail for it is refused, or forwarded for a time; nothing in it is changed any more.
 * @param passwordSetAt  of the password by which its owner wants it: one that was replaced meanwhile closes nothing
 * @param within  what belongs to it, in its transaction
 * @throws Refusal 'forbidden' with the field `lastOperator`; 'notFound' when it is closed already; 'badCredentials'; 'invalid'
 *   with the field `forwardDays` when mail is to be forwarded and there is no address outside
 */
export async function closeAccount(
  storage: Storage,
  account: OpenAccount,
  {
    terms,
    closedBy,
    passwordSetAt,
  }: { terms: ClosingTerms; closedBy: Closure['closedBy']; passwordSetAt?: Date | undefined },
  within: (tx: Transaction) => Promise<void>,
): Promise<Closure> {
  await account.write(async (tx) => {
    if (passwordSetAt !== undefined) await refuseReplaced(tx.sql, account.id, passwordSetAt)
    await refuseLastOperator(tx.sql, account.id)
    if (terms.forwardUntil !== null) await refuseNowhere(tx.sql, account.id)
    // What belongs to it first: it still writes to an open account.
    await within(tx)
    await tx.sql`
      insert into closure (account_id, closed_by, state_before, closed_at, reopen_until, erase_at, forward_until)
      select account_id, ${closedBy}, state, ${terms.closedAt}, ${terms.reopenUntil}, ${terms.eraseAt}, ${terms.forwardUntil}
      from account where account_id = ${account.id}`
    await tx.sql`update account set state = 'closed' where account_id = ${account.id}`
    await endSessions(tx.sql, account.id)
  })
  tellEveryClosed(storage, account.id)
  return { ...terms, closedBy }
}

async function refuseReplaced(sql: Sql, accountId: number, passwordSetAt: Date): Promise<void> {
  const { rowCount } = await sql`
    select from password where account_id = ${accountId} and changed_at = ${passwordSetAt} for share`
  if (rowCount === 0) throw new Refusal('badCredentials')
}

/** Mail is forwarded to the address outside alone, which has been proven by a code. */
async function refuseNowhere(sql: Sql, accountId: number): Promise<void> {
  const { rowCount } = await sql`select from recovery where account_id = ${accountId} for share`
  if (rowCount === 0) throw new Refusal('invalid', { fields: ['forwardDays'] })
}

/** Whether an account is the only one by which the service is run. */
export async function isLastOperator(sql: Sql, accountId: number): Promise<boolean> {
  const { rows } = await sql<{ last: boolean }>`
    select is_operator and not exists (
      select from account other where other.account_id <> ${accountId} and other.is_operator
        and other.state in ('open', 'suspended')) as last
    from account where account_id = ${accountId}`
  return rows[0]?.last === true
}

async function refuseLastOperator(sql: Sql, accountId: number): Promise<void> {
  const { rowCount } = await sql`select from account where account_id = ${accountId} and is_operator`
  if (rowCount === 0) return
  // Two of them closing at once must not each see the other.
  await sql`select pg_advisory_xact_lock(hashtext('zegel operators'))`
  if (await isLastOperator(sql, accountId)) throw new Refusal('forbidden', { fields: ['lastOperator'] })
}
