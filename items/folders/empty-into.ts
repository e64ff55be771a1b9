import { now } from '#system'
import type { Transaction } from '#storage'
import { touchItems, touchMoved } from '../settle.ts'

/**
 * Moves everything that is in a folder into one that is new and empty, in the order of the UIDs. One statement, and no
 * conversation is counted anew: counts and conversations go along.
 */
export async function emptyInto(tx: Transaction, kind: string, from: number, to: number): Promise<void> {
  const { account, change } = tx
  const { rows } = await tx.sql<{ item_id: number }>`
    with gone as (
      delete from placement where account_id = ${account.id} and folder_id = ${from}
      returning uid, item_id, received_at, saved_at, is_deleted
    ), marked as (
      update item i set change = ${change} from gone
      where i.account_id = ${account.id} and i.item_id = gone.item_id
      returning gone.uid, gone.saved_at, i.item_id, i.thread_id
    ), told as (
      insert into vanished (account_id, change, kind, folder_id, uid, item_id, thread_id, item_is_gone, at, saved_at)
      select ${account.id}::bigint, ${change}::bigint, ${kind}::text, ${from}::bigint, uid, item_id, thread_id, false, ${now()}::timestamptz, saved_at
      from marked
    ), source as materialized (
      select total, unread, threads, unread_threads, unseen_drafts from folder where account_id = ${account.id} and folder_id = ${from}
    ), counted as (
      update folder f set
        uid_next = f.uid_next + case when f.folder_id = ${to} then (select count(*) from gone) else 0 end,
        total = case when f.folder_id = ${to} then f.total + source.total else 0 end,
        unread = case when f.folder_id = ${to} then f.unread + source.unread else 0 end,
        threads = case when f.folder_id = ${to} then f.threads + source.threads else 0 end,
        unread_threads = case when f.folder_id = ${to} then f.unread_threads + source.unread_threads else 0 end,
        unseen_drafts = case when f.folder_id = ${to} then f.unseen_drafts + source.unseen_drafts else 0 end
      from source where f.account_id = ${account.id} and f.folder_id in (${from}, ${to})
      returning f.folder_id, f.uid_next - (select count(*) from gone) as first
    ), conversations as (
      update folder_thread set folder_id = ${to} where account_id = ${account.id} and folder_id = ${from}
    )
    insert into placement (account_id, folder_id, uid, item_id, received_at, saved_at, is_deleted, change)
    select ${account.id}::bigint, ${to}::bigint, first + row_number() over (order by gone.uid) - 1, gone.item_id, gone.received_at,
      ${now()}::timestamptz, gone.is_deleted, ${change}::bigint
    from gone, counted where counted.folder_id = ${to}
    returning item_id`
  touchItems(
    tx,
    kind,
    rows.map((row) => row.item_id),
  )
  touchMoved(tx, kind, from, to)
}
