import { now, Refusal } from '#system'
import type { Transaction } from '#storage'
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

  // The folder itself among them: items have changed also where none is in another.
  if (folder.has_items) touchContents(tx, kind, [id, ...(await takeItemsOut(tx, kind, id))])
  await sql`delete from folder_thread where account_id = ${account.id} and folder_id = ${id}`
  await sql`delete from folder where account_id = ${account.id} and folder_id = ${id}`
  await sql`
    insert into vanished (account_id, change, kind, folder_id, uid, item_id, thread_id, item_is_gone, at)
    values (${account.id}, ${change}, ${kind}, ${id}, 0, 0, 0, false, ${now()})`
  touchFolders(tx, kind)
}

/** @returns the other folders that some of the items are still in */
async function takeItemsOut(tx: Transaction, kind: string, folderId: number): Promise<number[]> {
  const { account, sql, change } = tx
  const { rows } = await sql<{ item_ids: number[]; folder_ids: number[] }>`
    with gone as (
      delete from placement where account_id = ${account.id} and folder_id = ${folderId} returning uid, item_id
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
    select array(select item_id from changed) as item_ids, array(select distinct folder_id from elsewhere) as folder_ids`
  const { item_ids: items, folder_ids: folders } = rows[0] as (typeof rows)[number]
  touchItems(tx, kind, items)
  return folders
}
