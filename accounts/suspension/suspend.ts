import { now } from '#system'
import type { OpenAccount, Sql, Storage } from '#storage'
import type { SuspensionRule } from './rules.ts'

/** Why an account is suspended at the operator's word, and what has become of its owner's appeal. */
export interface Suspension {
  rule: SuspensionRule
  since: Date
  appealedAt: Date | null
  /** The operator has to decide until then; after it the suspension is lifted by itself. */
  decideBy: Date | null
  /** The appeal was turned down then, and why. */
  keptAt: Date | null
  reason: string | null
}

type Within = (sql: Sql) => Promise<unknown>

/**
 * Suspends an account for a rule of the terms: it sends nothing, what waits to leave goes on waiting; its owner stays signed
 * in, reads and exports, and mail still arrives. A new password does not lift it.
 * @returns false when it is suspended so already, or closed
 */
export async function suspendAccount(
  { database }: Storage,
  accountId: number,
  rule: SuspensionRule,
  tell: Within,
): Promise<boolean> {
  return database.transaction(async (sql) => {
    const { rowCount } = await sql`
      update account set state = 'suspended', stopped_at = null, stopped_for = null
      where account_id = ${accountId} and state in ('open', 'suspended')
        and not exists (select from suspension where suspension.account_id = ${accountId})`
    if (rowCount === 0) return false
    await sql`insert into suspension (account_id, rule, since) values (${accountId}, ${rule}, ${now()})`
    await tell(sql)
    return true
  })
}

interface Row {
  rule: SuspensionRule
  since: Date
  appealed_at: Date | null
  decide_by: Date | null
  kept_at: Date | null
  reason: Buffer | null
}

/** Undefined for an account that is not suspended at the operator's word. */
export async function findSuspension(account: OpenAccount): Promise<Suspension | undefined> {
  const { rows } = await account.sql<Row>`
    select rule, since, appealed_at, decide_by, kept_at, reason from suspension where account_id = ${account.id}`
  const [row] = rows
  return row === undefined
    ? undefined
    : {
        rule: row.rule,
        since: row.since,
        appealedAt: row.appealed_at,
        decideBy: row.decide_by,
        keptAt: row.kept_at,
        reason: row.reason === null ? null : account.open('suspension', 'reason', row.reason).toString(),
      }
}

/** Lifts a suspension, and tells of it in the same transaction. @returns false when there is none */
export async function liftSuspension({ database }: Storage, accountId: number, tell: Within): Promise<boolean> {
  return database.transaction(async (sql) => {
    const { rowCount } =
      await sql`select from account where account_id = ${accountId} and state = 'suspended' for update`
    if (rowCount === 0) return false
    const gone = await sql`delete from suspension where account_id = ${accountId}`
    if (gone.rowCount === 0) return false
    await sql`update account set state = 'open', resumed_at = ${now()} where account_id = ${accountId}`
    await tell(sql)
    return true
  })
}
