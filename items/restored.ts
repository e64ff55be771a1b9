import type { Sql } from '#storage'

/** So far the numbers of an account go ahead: more than it can have written between the backup and the loss. */
const AHEAD = 1_000_000

/** The same for the numbers by which mailboxes are told apart, which otherwise follow the seconds. */
const VALIDITY_AHEAD = 10_000

/**
 * Makes the store whole after its rows were read from a backup, and void what clients know of it. They may have seen changes
 * that are lost, and their numbers would be given again, to other things: so each account's number leaps ahead, what vanished
 * up to there counts as unknown (clients are told to start again), and every folder has another UIDVALIDITY. What is derived
 * from items is derived anew; they are indexed by the indexer, which finds all of them changed.
 * @param nowSeconds  since 1970
 */
export async function startAnew(sql: Sql, nowSeconds: number): Promise<void> {
  await sql`
    update account set change = change + ${AHEAD}::bigint, vanished_floor = change + ${AHEAD}::bigint,
      settings_change = change + ${AHEAD}::bigint, uid_validity = greatest(uid_validity, ${nowSeconds}::bigint) + ${VALIDITY_AHEAD}::bigint`
  await sql`
    update folder f set uid_validity = a.uid_validity + n.number, change = a.change, items_change = a.change
    from account a, (
      select account_id, folder_id, row_number() over (partition by account_id order by folder_id) as number from folder
    ) as n
    where a.account_id = f.account_id and n.account_id = f.account_id and n.folder_id = f.folder_id`
  await sql`
    update account a set uid_validity = (select max(uid_validity) from folder f where f.account_id = a.account_id)
    where exists (select from folder f where f.account_id = a.account_id)`
  await sql`
    update kind_state k set folders_change = a.change, items_change = a.change, changes = 0
    from account a where a.account_id = k.account_id`

  await sql`delete from folder_thread`
  await sql`
    insert into folder_thread (account_id, folder_id, thread_id, total, unread, unseen_drafts, latest_at, latest_item)
    select p.account_id, p.folder_id, i.thread_id, count(*), count(*) filter (where i.flags & 9 = 0), count(*) filter (where i.flags & 9 = 8),
      max(p.received_at), (array_agg(i.item_id order by p.received_at desc, i.item_id desc))[1]
    from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
    group by 1, 2, 3`
  await sql`delete from item_change`
  await sql`
    insert into item_change (account_id, kind, change, items)
    select account_id, kind, max(change), array_agg(item_id order by change, item_id)
    from (
      select account_id, kind, change, item_id, (rank() over (partition by account_id, kind order by change) - 1) / 1000 as page
      from item
    ) as numbered
    group by account_id, kind, page`
}
