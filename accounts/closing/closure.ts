import type { Sql } from '#storage'
import type { ClosingTerms } from './terms.ts'

/** How an account was closed. */
export interface Closure extends ClosingTerms {
  /** `idle`: nobody has used it for long. */
  closedBy: 'owner' | 'operator' | 'idle'
}

/** Undefined for an account that is not closed, or being erased. */
export async function findClosure(sql: Sql, accountId: number): Promise<Closure | undefined> {
  const { rows } = await sql<Closure>`
    select closed_by as "closedBy", closed_at as "closedAt", reopen_until as "reopenUntil", erase_at as "eraseAt",
      forward_until as "forwardUntil"
    from closure join account using (account_id) where account_id = ${accountId} and state = 'closed'`
  return rows[0]
}
