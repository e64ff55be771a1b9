import { now, Refusal } from '#system'
import type { Transaction } from '#storage'
import { deletionOf, type Deletion } from '../deleted/deletion.ts'
import { touchContents, touchFolders, touchItems } from '../settle.ts'

/**
 * Removes a folder that has no folders in it. With `withItems` its items leave it, and those in no other folder are
 * deleted with it: restorable, like everything deleted. A handful of statements, however much is in it.
 * @throws Refusal 'notFound', 'folderHasChildren', 'folderHasItems'
 */
export async function removeFolder(
  tx: Transaction,
  kind: string,
  id: number,
  { withItems = false } = {},
): Promise<void> {
  const { account, sql, change } = tx
  const { rows } = await sql<{ has_children: boolean; has_items: boolean }>`
    select exists (select from folder c where c.account_id = f.account_id and c.kind = f.kind and c.parent_id = f.folder_id) as has_children,
      exists (select from placement p where p.account_id = f.account_id and p.folder_id = f.folder_id) as has_items
    from folder f where f.account_id = ${account.id} and f.folder_id = ${id} and f.kind = ${kind}`
  const [folder] = rows
  if (folder === undefined) throw new Refusal('notFound')
  if (folder.has_children) throw new Refusal('folderHasChildren')
  if (folder.has_items && !withItems) throw new Refusal('folderHasItems')

  const deletion = await deletionOf(tx)
  deletion.takesFolder = true
  deletion.folders.add(id)
  // The folder itself among them: items have changed also where none is in another.
  if (folder.has_items) touchContents(tx, kind, [id, ...(await takeItemsOut(tx, kind, id, deletion))])
  await sql`delete from folder_thread where account_id = ${account.id} and folder_id = ${id}`
  await sql`
    with gone as (
      delete from folder where account_id = ${account.id} and folder_id = ${id}
      returning folder_id, role, parent_id, name, sort_order, is_subscribed, uid_next, total
    )
    insert into removed_folder (account_id, folder_id, kind, role, parent_id, name, sort_order, is_subscribed, uid_next, total, change, at, deletion_id)
    select ${account.id}::bigint, folder_id, ${kind}::text, role, parent_id, name, sort_order, is_subscribed, uid_next, total,
      ${change}::bigint, ${deletion.at}::timestamptz, ${deletion.id}::bigint
    from gone`
  await sql`
    insert into vanished (account_id, change, kind, folder_id, uid, item_id, thread_id, item_is_gone, at)
    values (${account.id}, ${change}, ${kind}, ${id}, 0, 0, 0, false, ${now()})`
  touchFolders(tx, kind)
}

/** @returns the other folders that some of the items are still in */
async function takeItemsOut(tx: Transaction, kind: string, folderId: number, deletion: Deletion): Promise<number[]> {
  const { account, sql, change } = tx
  const { rows } = await sql<{ item_ids: number[]; gone: number; folder_ids: number[] }>`
    with gone as (
      delete from placement where account_id = ${account.id} and folder_id = ${folderId} returning uid, item_id, saved_at
    ), elsewhere as (
      select p.item_id, p.folder_id from gone join placement p
        on p.account_id = ${account.id} and p.item_id = gone.item_id and p.folder_id <> ${folderId}
    ), changed as (
      update item i set change = ${change},
        deleted_at = case when gone.item_id in (select item_id from elsewhere) then i.deleted_at else ${deletion.at}::timestamptz end,
        deletion_id = case when gone.item_id in (select item_id from elsewhere) then i.deletion_id else ${deletion.id}::bigint end
      from gone where i.account_id = ${account.id} and i.item_id = gone.item_id
      returning gone.uid, gone.saved_at, i.item_id, i.thread_id, i.deleted_at is not null as is_gone
    ), told as (
      insert into vanished (account_id, change, kind, folder_id, uid, item_id, thread_id, item_is_gone, at, saved_at)
      select ${account.id}::bigint, ${change}::bigint, ${kind}::text, ${folderId}::bigint, uid, item_id, thread_id, is_gone, ${now()}::timestamptz, saved_at from changed
    )
    select array(select item_id from changed) as item_ids, (select count(*) from changed where is_gone) as gone, array(select distinct folder_id from elsewhere) as folder_ids`
  const { item_ids: items, folder_ids: folders } = rows[0] as (typeof rows)[number]
  touchItems(tx, kind, items)
  deletion.items += rows[0]?.gone ?? 0
  return folders
}
