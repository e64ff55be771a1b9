import { now } from '#system'
import { every, fragment, type Fragment, type Transaction } from '#storage'
import { touchContents, touchThread } from './settle.ts'

/** What has left a folder. */
export interface TakenOut {
  uids: number[]
  /** The threads of what has left. */
  threads: number[]
  /** Other folders that some of the items are still in. */
  elsewhere: number[]
}

/**
 * Takes placements out of a folder; items that were in no other are deleted: restorable, and their clock starts. The counts
 * of the folder are the caller's to mend.
 * @param which  a condition on the placement, beside its folder
 */
export async function takeOut(
  { account, sql, change }: Transaction,
  kind: string,
  folderId: number,
  which: Fragment,
): Promise<TakenOut> {
  const { rows } = await sql<TakenOut>`
    with gone as (
      delete from placement where account_id = ${account.id} and folder_id = ${folderId} and ${which} returning uid, item_id
    ), elsewhere as (
      select p.item_id, p.folder_id from gone join placement p
        on p.account_id = ${account.id} and p.item_id = gone.item_id and p.folder_id <> ${folderId}
    ), changed as (
      update item i set change = ${change},
        deleted_at = case when gone.item_id in (select item_id from elsewhere) then i.deleted_at else ${now()}::timestamptz end
      from gone where i.account_id = ${account.id} and i.item_id = gone.item_id
      returning gone.uid, i.item_id, i.thread_id, i.deleted_at is not null as is_gone
    ), told as (
      insert into vanished (account_id, change, kind, folder_id, uid, item_id, thread_id, item_is_gone, at)
      select ${account.id}, ${change}, ${kind}, ${folderId}, uid, item_id, thread_id, is_gone, ${now()} from changed
    )
    select array(select uid from changed order by uid) as uids,
      array(select distinct thread_id from changed) as threads,
      array(select distinct folder_id from elsewhere) as elsewhere`
  return rows[0] as TakenOut
}

/** Placements that one statement takes out. */
const AT_ONCE = 10_000

/**
 * Takes items out of a folder for good. Those that are in no other folder are deleted: restorable, for their 45 days.
 * @param onlyMarked  leaves alone what does not carry `\Deleted` there
 * @returns the UIDs of those that were there, ascending
 */
export async function expungeItems(
  tx: Transaction,
  kind: string,
  folderId: number,
  uids: readonly number[],
  { onlyMarked }: { onlyMarked: boolean },
): Promise<number[]> {
  const gone: number[] = []
  for (let at = 0; at < uids.length; at += AT_ONCE) {
    const named = fragment`uid = any(${uids.slice(at, at + AT_ONCE)}::bigint[])`
    const which = onlyMarked ? every([named, fragment`is_deleted`]) : named
    const taken = await takeOut(tx, kind, folderId, which)
    for (const threadId of taken.threads) touchThread(tx, kind, folderId, threadId)
    if (taken.elsewhere.length > 0) touchContents(tx, kind, taken.elsewhere)
    for (const uid of taken.uids) gone.push(uid)
  }
  return gone
}
