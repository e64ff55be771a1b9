import { Refusal } from '#system'
import type { Transaction } from '#storage'
import { touchFolders } from '../settle.ts'
import { checkParent, checkRole, nameKey } from './create.ts'
import { checkName, NAME_BYTES } from '../name.ts'

/** What changes about a folder; what is left out stays. `role: null` takes the role away. */
export interface FolderUpdate {
  name?: string
  parentId?: number
  role?: string | null
  sortOrder?: number
  isSubscribed?: boolean
}

/** Renames, moves or reorders a folder. @throws Refusal as createFolder, and 'notFound' */
export async function updateFolder(tx: Transaction, kind: string, id: number, update: FolderUpdate): Promise<void> {
  const { account, sql, change } = tx
  const { rows } = await sql<{ parent_id: number; name: Buffer; role: string | null }>`
    select parent_id, name, role from folder where account_id = ${account.id} and folder_id = ${id} and kind = ${kind}`
  const folder = rows[0]
  if (folder === undefined) throw new Refusal('notFound')
  const parentId = update.parentId ?? folder.parent_id
  const name =
    update.name === undefined ? account.open('folder', id, folder.name).toString() : checkName(update.name, NAME_BYTES)
  const role = update.role === undefined ? folder.role : update.role
  if (parentId !== folder.parent_id) await checkParent(tx, kind, parentId, id)
  if (role !== null && role !== folder.role) await checkRole(tx, kind, role, id)

  const taken = await sql`
    select from folder where account_id = ${account.id} and kind = ${kind} and parent_id = ${parentId}
      and name_key = ${nameKey(tx, name)} and folder_id <> ${id}`
  if (taken.rowCount > 0) throw new Refusal('exists', { fields: ['name'] })
  await sql`
    update folder set parent_id = ${parentId}, role = ${role}, name = ${account.seal('folder', id, name)}, name_key = ${nameKey(tx, name)},
      sort_order = coalesce(${update.sortOrder ?? null}, sort_order), is_subscribed = coalesce(${update.isSubscribed ?? null}, is_subscribed),
      change = ${change}
    where account_id = ${account.id} and folder_id = ${id}`
  touchFolders(tx, kind)
}
