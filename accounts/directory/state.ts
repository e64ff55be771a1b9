import type { Sql } from '#storage'
import type { AccountEntry } from './list.ts'

/** The state of an account; undefined when there is none. A suspended one reads and exports, and sends nothing. */
export async function accountState(sql: Sql, accountId: number): Promise<AccountEntry['state'] | undefined> {
  const { rows } = await sql<Pick<AccountEntry, 'state'>>`select state from account where account_id = ${accountId}`
  return rows[0]?.state
}

/** What decides whether, and how much, an account may send. */
export interface SendingStanding {
  state: AccountEntry['state']
  createdAt: Date
  /** A stranger made it, and nobody vouches for it. */
  beginsSmall: boolean
  /** The signals for which the service has stopped its sending by itself. */
  stoppedFor: string[] | null
  /** When it was last let to go on after that. */
  resumedAt: Date | null
}

/** Undefined when there is no such account. */
export async function sendingStanding(sql: Sql, accountId: number): Promise<SendingStanding | undefined> {
  const { rows } = await sql<SendingStanding>`
    select state, created_at as "createdAt", begins_small as "beginsSmall", stopped_for as "stoppedFor",
      resumed_at as "resumedAt"
    from account where account_id = ${accountId}`
  return rows[0]
}

/** When an account's password last changed: what was signed in with another one is no longer good. */
export async function passwordChangedAt(sql: Sql, accountId: number): Promise<Date | undefined> {
  const { rows } = await sql<{ changed_at: Date }>`select changed_at from password where account_id = ${accountId}`
  return rows[0]?.changed_at
}
