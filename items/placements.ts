import { now } from '#system'
import type { Transaction } from '#storage'
import { touchItems } from './settle.ts'

/** Placements that one statement is about. */
export const AT_ONCE = 10_000

/** An item where it stands in a folder. */
export interface Placement {
  uid: number
  item_id: number
  thread_id: number
  is_deleted: boolean
  /** All folders that it is in. */
  folders: number[]
}

/**
 * Those of these placements that are there, in the order of their UIDs. The order of the joins is written down (`offset 0`), and
 * each step has conditions for one index only: on tables that it has not analysed yet, PostgreSQL takes any index with two
 * conditions for as good as the one with the key, and walks through all items of the account for each.
 */
export async function findPlacements(
  { account, sql }: Transaction,
  kind: string,
  folderId: number,
  uids: readonly number[],
): Promise<Placement[]> {
  const { rows } = await sql<Placement>`
    select p.uid, p.item_id, i.thread_id, p.is_deleted, f.folders
    from (
      select uid, item_id, is_deleted from placement
      where account_id = ${account.id} and folder_id = ${folderId} and uid = any(${[...uids]}::bigint[]) offset 0) as p
    cross join lateral (
      select thread_id, kind from item where account_id = ${account.id} and item_id = p.item_id offset 0) as i
    cross join lateral (
      select array(select folder_id from placement where account_id = ${account.id} and item_id = p.item_id) as folders offset 0) as f
    where i.kind = ${kind}
    order by p.uid`
  return rows
}

/**
 * Takes placements out of their folder, and tells whoever follows the changes.
 * @param isGone  whether that was the item's last
 */
export async function leave(
  { account, sql, change }: Transaction,
  kind: string,
  folderId: number,
  placements: readonly Placement[],
  isGone: (placement: Placement) => boolean,
): Promise<void> {
  const uids = placements.map(({ uid }) => uid)
  await sql`
    with gone as (
      delete from placement where account_id = ${account.id} and folder_id = ${folderId} and uid = any(${uids}::bigint[])
      returning uid, saved_at
    )
    insert into vanished (account_id, change, kind, folder_id, uid, item_id, thread_id, item_is_gone, at, saved_at)
    select ${account.id}::bigint, ${change}::bigint, ${kind}::text, ${folderId}::bigint, g.uid, g.item_id, g.thread_id, g.is_gone, ${now()}::timestamptz, gone.saved_at
    from unnest(${uids}::bigint[], ${placements.map(({ item_id: id }) => id)}::bigint[],
      ${placements.map(({ thread_id: id }) => id)}::bigint[], ${placements.map(isGone)}::boolean[]) as g (uid, item_id, thread_id, is_gone)
    join gone using (uid)`
}

/** Puts items behind what is in a folder, in their order. @returns the UID of the first */
export async function enter(
  { account, sql, change }: Transaction,
  folderId: number,
  itemIds: readonly number[],
): Promise<number> {
  const { rows } = await sql<{ first: number }>`
    with counted as (
      update folder set uid_next = uid_next + ${itemIds.length}
      where account_id = ${account.id} and folder_id = ${folderId} returning uid_next - ${itemIds.length} as first
    ), placed as (
      insert into placement (account_id, folder_id, uid, item_id, received_at, saved_at, change)
      select ${account.id}::bigint, ${folderId}::bigint, counted.first + c.at - 1, c.item_id, i.received_at, ${now()}::timestamptz, ${change}::bigint
      from counted cross join unnest(${[...itemIds]}::bigint[]) with ordinality as c (item_id, at)
      cross join lateral (select received_at from item where account_id = ${account.id} and item_id = c.item_id offset 0) as i
    )
    select first from counted`
  return (rows[0] as { first: number }).first
}

/** Says of items that they have changed. */
export async function stamp(tx: Transaction, kind: string, placements: readonly Placement[]): Promise<void> {
  const ids = placements.map(({ item_id: id }) => id)
  touchItems(tx, kind, ids)
  await tx.sql`
    update item set change = ${tx.change} where account_id = ${tx.account.id} and item_id = any(${ids}::bigint[])`
}
