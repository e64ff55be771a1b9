import { now, nowMs, Refusal, type Config } from '#system'
import type { OpenAccount, Sql, Storage } from '#storage'
import { addressesOf } from '../directory/addresses.ts'
import type { SuspensionRule } from './rules.ts'

const DAY_MS = 86_400_000

/** Characters of an appeal, and of the operator's reason. */
export const LONGEST_APPEAL = 4000

/**
 * Appeals against a suspension, once. The text is sealed with the account's key; the operator reads it to decide.
 * @param note  what writes down that it was done, in the same transaction
 * @returns until when the operator has to decide
 * @throws Refusal 'invalid' for no text or too long a one; 'notFound' when there is nothing to appeal against, or that was done
 */
export async function appeal(
  { database }: Storage,
  account: OpenAccount,
  { days }: Config['appeals'],
  text: string,
  note: (sql: Sql) => Promise<unknown>,
): Promise<Date> {
  const words = checked(text)
  const decideBy = new Date(nowMs() + days * DAY_MS)
  await database.transaction(async (sql) => {
    const { rowCount } = await sql`
      update suspension set appeal = ${account.seal('suspension', 'appeal', words)}, appealed_at = ${now()},
        decide_by = ${decideBy}
      where account_id = ${account.id} and appealed_at is null`
    if (rowCount === 0) throw new Refusal('notFound')
    await note(sql)
  })
  return decideBy
}

function checked(text: string): string {
  const words = text.trim()
  if (words === '' || words.length > LONGEST_APPEAL) throw new Refusal('invalid', { fields: ['text'] })
  return words
}

/** What somebody has written against their suspension; undefined where they have not. */
export async function findAppeal(account: OpenAccount): Promise<string | undefined> {
  const { rows } = await account.sql<{ appeal: Buffer }>`
    select appeal from suspension where account_id = ${account.id} and appeal is not null`
  return rows[0] && account.open('suspension', 'appeal', rows[0].appeal).toString()
}

/** An appeal that waits for the operator. */
export interface Appeal {
  accountId: number
  address: string
  rule: SuspensionRule
  since: Date
  decideBy: Date
  text: string
}

/** Appeals that wait, those whose time ends first in front. */
export async function listAppeals(storage: Storage): Promise<Appeal[]> {
  const { rows } = await storage.database.sql<{
    account_id: number
    rule: SuspensionRule
    since: Date
    decide_by: Date
    appeal: Buffer
  }>`
    select account_id, rule, since, decide_by, appeal from suspension join account using (account_id)
    where decide_by is not null and kept_at is null and state = 'suspended' order by decide_by, account_id limit 1000`
  return Promise.all(
    rows.map(async ({ account_id: accountId, rule, since, decide_by: decideBy, appeal }) => {
      const account = await storage.openAccount(accountId)
      const [address = ''] = await addressesOf(storage, accountId)
      return {
        accountId,
        address,
        rule,
        since,
        decideBy,
        text: account.open('suspension', 'appeal', appeal).toString(),
      }
    }),
  )
}

/**
 * Turns an appeal down, with a reason that its owner reads.
 * @throws Refusal 'invalid' as appeal; 'notFound' when none waits, or its time is over: then the suspension is lifted
 */
export async function keepSuspended(
  { database }: Storage,
  account: OpenAccount,
  reason: string,
  tell: (sql: Sql) => Promise<unknown>,
): Promise<void> {
  const words = checked(reason)
  await database.transaction(async (sql) => {
    const { rowCount } = await sql`
      update suspension set kept_at = ${now()}, reason = ${account.seal('suspension', 'reason', words)}
      where account_id = ${account.id} and kept_at is null and decide_by > ${now()}`
    if (rowCount === 0) throw new Refusal('notFound')
    await tell(sql)
  })
}

/** Accounts whose appeals nobody has decided in time. */
export async function lapsedAppeals({ database }: Storage): Promise<number[]> {
  const { rows } = await database.sql<{ account_id: number }>`
    select account_id from suspension join account using (account_id)
    where kept_at is null and decide_by <= ${now()} and state = 'suspended' order by decide_by limit 500`
  return rows.map((row) => row.account_id)
}
