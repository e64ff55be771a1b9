import { nowMs, Refusal } from '#system'
import { newId, type Transaction } from '#storage'
import { touchFolders } from '../settle.ts'
import { checkName, NAME_BYTES } from '../name.ts'

export interface NewFolder {
  kind: string
  name: string
  /** 0 for the top. */
  parentId?: number
  role?: string | undefined
  sortOrder?: number
  isSubscribed?: boolean
}

/** Folders of one kind in an account, and ancestors a folder may have. */
const MOST = 5000
export const DEEPEST = 30

/**
 * Creates a folder.
 * @throws Refusal 'exists' when the name is taken there, or the role by another folder; 'notFound' when the parent is
 *   not there; 'invalid' for the name; 'tooManyItems'
 */
export async function createFolder(tx: Transaction, folder: NewFolder): Promise<number> {
  const { account, sql, change } = tx
  const { kind, parentId = 0, role, sortOrder = 0, isSubscribed = true } = folder
  const name = checkName(folder.name, NAME_BYTES)
  const id = newId()
  await checkParent(tx, kind, parentId, id)
  if (role !== undefined) await checkRole(tx, kind, role, id)
  const { rowCount } = await sql`
    with validity as (
      -- Another folder of this name may have been there a moment ago (RFC 9051 §2.3.1.1).
      update account set uid_validity = greatest(uid_validity + 1, ${Math.floor(nowMs() / 1000)}::bigint)
      where account_id = ${account.id} returning uid_validity
    )
    insert into folder (account_id, folder_id, kind, role, parent_id, name, name_key, sort_order, is_subscribed,
      uid_validity, created_change, change, items_change)
    select ${account.id}::bigint, ${id}::bigint, ${kind}::text, ${role ?? null}::text, ${parentId}::bigint,
      ${account.seal('folder', id, name)}::bytea, ${nameKey(tx, name)}::bytea, ${sortOrder}::int, ${isSubscribed}::boolean,
      uid_validity, ${change}::bigint, ${change}::bigint, ${change}::bigint
    from validity
    on conflict (account_id, kind, parent_id, name_key) do nothing`
  if (rowCount === 0) throw new Refusal('exists', { fields: ['name'] })
  touchFolders(tx, kind)
  return id
}

export const nameKey = (tx: Transaction, name: string): Buffer => tx.account.lookupKey('folder', name)

/** A parent must be there, must not lie within the folder itself, and what is in the folder must not lie too deep then. */
export async function checkParent(tx: Transaction, kind: string, parentId: number, folderId: number): Promise<void> {
  const { rows } = await tx.sql<{ folder_id: number; parent_id: number }>`
    select folder_id, parent_id from folder where account_id = ${tx.account.id} and kind = ${kind}`
  const parents = new Map(rows.map((row) => [row.folder_id, row.parent_id]))
  const isNew = !parents.has(folderId)
  if (isNew && rows.length >= MOST) throw new Refusal('tooManyItems')
  if (parentId !== 0 && !parents.has(parentId)) throw new Refusal('notFound', { fields: ['parentId'] })
  parents.set(folderId, parentId)
  for (const start of isNew ? [folderId] : parents.keys()) {
    let depth = 0
    // A folder within itself has no end of ancestors.
    for (let at = start; at !== 0 && depth <= DEEPEST + 1; at = parents.get(at) as number) depth++
    if (depth > DEEPEST + 1) throw new Refusal('invalid', { fields: ['parentId'] })
  }
}

export async function checkRole(tx: Transaction, kind: string, role: string, folderId: number): Promise<void> {
  const { rowCount } = await tx.sql`
    select from folder where account_id = ${tx.account.id} and kind = ${kind} and role = ${role} and folder_id <> ${folderId}`
  if (rowCount > 0) throw new Refusal('exists', { fields: ['role'] })
}
