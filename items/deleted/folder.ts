import { nowMs, Refusal } from '#system'
import type { Transaction } from '#storage'
import { checkParent, nameKey } from '../folders/create.ts'
import { NAME_BYTES } from '../name.ts'
import { touchFolders } from '../settle.ts'

/** Names that are tried when one is taken. */
const MOST_NAMES = 200

interface Removed {
  kind: string
  role: string | null
  parent_id: number
  name: Buffer
  sort_order: number
  is_subscribed: boolean
  uid_next: number
}

/**
 * Makes a removed folder again, as it was and under the same id: below its parent, which is made again too where it is gone; at
 * the top where it is gone for good. Its name gets a number where another folder has it now, and a role that another has is
 * not taken from it.
 * @returns what was made, parents first; nothing when no such folder is known to have been removed
 * @throws Refusal 'tooManyItems' when the account has as many folders as it may
 */
export async function remakeFolder(tx: Transaction, id: number): Promise<number[]> {
  const { account, sql, change } = tx
  const { rows } = await sql<Removed>`
    delete from removed_folder where account_id = ${account.id} and folder_id = ${id}
    returning kind, role, parent_id, name, sort_order, is_subscribed, uid_next`
  const [removed] = rows
  if (removed === undefined) return []
  const { kind, role } = removed
  const { parentId, made } = await remakeParent(tx, kind, removed.parent_id, id)
  const name = account.open('folder', id, removed.name).toString()
  for (let number = 1; number <= MOST_NAMES; number++) {
    const tried = number === 1 ? name : numbered(name, number)
    const { rowCount } = await sql`
      with validity as (
        update account set uid_validity = greatest(uid_validity + 1, ${Math.floor(nowMs() / 1000)}::bigint)
        where account_id = ${account.id} returning uid_validity
      )
      insert into folder (account_id, folder_id, kind, role, parent_id, name, name_key, sort_order, is_subscribed,
        uid_validity, uid_next, created_change, change, items_change)
      select ${account.id}::bigint, ${id}::bigint, ${kind}::text,
        case when exists (select from folder where account_id = ${account.id} and kind = ${kind} and role = ${role}) then null else ${role}::text end,
        ${parentId}::bigint, ${account.seal('folder', id, tried)}::bytea, ${nameKey(tx, tried)}::bytea, ${removed.sort_order}::int,
        ${removed.is_subscribed}::boolean, uid_validity, ${removed.uid_next}::bigint, ${change}::bigint, ${change}::bigint, ${change}::bigint
      from validity
      on conflict (account_id, kind, parent_id, name_key) do nothing`
    if (rowCount === 1) {
      touchFolders(tx, kind)
      return [...made, id]
    }
  }
  throw new Refusal('exists', { fields: ['name'] })
}

/** @returns the parent to be; 0 for the top, where it is gone or lies too deep by now */
async function remakeParent(
  tx: Transaction,
  kind: string,
  wantedId: number,
  id: number,
): Promise<{ parentId: number; made: number[] }> {
  const { rowCount } = await tx.sql`
    select from folder where account_id = ${tx.account.id} and folder_id = ${wantedId} and kind = ${kind}`
  const made = wantedId !== 0 && rowCount === 0 ? await remakeFolder(tx, wantedId) : []
  const parentId = rowCount > 0 || made.length > 0 ? wantedId : 0
  try {
    await checkParent(tx, kind, parentId, id)
    return { parentId, made }
  } catch (error) {
    if (!(error instanceof Refusal) || error.reason !== 'invalid') throw error
    return { parentId: 0, made }
  }
}

/** The name with a number behind it, cut where it would be too long. */
function numbered(name: string, number: number): string {
  const end = ` (${number})`
  let kept = name
  while (Buffer.byteLength(kept + end) > NAME_BYTES) kept = Array.from(kept).slice(0, -1).join('')
  return kept + end
}
