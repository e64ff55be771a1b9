import type { Transaction } from '#storage'
import { deletionOf } from './deleted/deletion.ts'

/**
 * Marks deleted items that carry a flag as replaced: a program put another in their place, which is their last state, so
 * retention erases them without the days in which people restore (DESIGN §3).
 */
export async function markReplaced(tx: Transaction, kind: string, ids: readonly number[], flag: number): Promise<void> {
  const { account, sql } = tx
  const { rowCount } = await sql`
    update item set is_replaced = true, deletion_id = null
    where account_id = ${account.id} and item_id = any(${[...ids]}::bigint[]) and kind = ${kind}
      and deleted_at is not null and flags & ${flag} <> 0`
  // Nobody deleted them.
  if (rowCount > 0) (await deletionOf(tx)).items -= rowCount
}
