import { now, Refusal } from '#system'
import { fragment, type Transaction } from '#storage'
import { touchContents, touchFolders } from '../settle.ts'
import { takeOut } from '../take-out.ts'

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

  if (folder.has_items) touchContents(tx, kind, (await takeOut(tx, kind, id, fragment`true`)).elsewhere)
  await sql`delete from folder_thread where account_id = ${account.id} and folder_id = ${id}`
  await sql`delete from folder where account_id = ${account.id} and folder_id = ${id}`
  await sql`
    insert into vanished (account_id, change, kind, folder_id, uid, item_id, thread_id, item_is_gone, at)
    values (${account.id}, ${change}, ${kind}, ${id}, 0, 0, 0, false, ${now()})`
  touchFolders(tx, kind)
}
