import { now } from '#system'
import type { Sql } from '#storage'

/** Ends the forwarding of mail for a closed account before its time. @returns false when none was under way */
export async function endForwarding(sql: Sql, accountId: number): Promise<boolean> {
  const { rowCount } = await sql`
    update closure set forward_until = ${now()} where account_id = ${accountId} and forward_until > ${now()}`
  return rowCount > 0
}
