import type { OpenAccount } from '#storage'
import { kindState } from '../changes.ts'

/** What is in a folder or an account: how many items, and their bytes as they came. */
export interface Measure {
  count: number
  size: number
}

const NOTHING: Measure = { count: 0, size: 0 }

/**
 * What is in each of these folders. Two indexes that lie in the same order have all of it, so that no item is read:
 * 100,000 take some tens of milliseconds.
 */
export async function sizesOfFolders(
  account: OpenAccount,
  kind: string,
  folderIds: readonly number[],
): Promise<Map<number, Measure>> {
  const { rows } = await account.sql<{ folder_id: number; count: number; size: number }>`
    select p.folder_id, count(*) as count, sum(i.size)::bigint as size
    from placement p join item i on i.account_id = p.account_id and i.kind = ${kind} and i.received_at = p.received_at
      and i.item_id = p.item_id and i.deleted_at is null
    where p.account_id = ${account.id} and p.folder_id = any(${[...folderIds]}::bigint[])
    group by p.folder_id`
  return byFolder(folderIds, rows)
}

/** What is marked as `\Deleted` in each of these folders. */
export async function deletedInFolders(
  account: OpenAccount,
  folderIds: readonly number[],
): Promise<Map<number, Measure>> {
  const { rows } = await account.sql<{ folder_id: number; count: number; size: number }>`
    select p.folder_id, count(*) as count, sum(i.size)::bigint as size
    from (select folder_id, item_id from placement
      where account_id = ${account.id} and folder_id = any(${[...folderIds]}::bigint[]) and is_deleted offset 0) as p
    join item i on i.account_id = ${account.id} and i.item_id = p.item_id
    group by p.folder_id`
  return byFolder(folderIds, rows)
}

/** How many in each of these folders are drafts that nobody has seen; they count as read (flags.ts). */
export async function unseenDraftsInFolders(
  account: OpenAccount,
  kind: string,
  folderIds: readonly number[],
): Promise<Map<number, Measure>> {
  // The condition stands as the index item_unseen_draft has it: FLAG.seen | FLAG.draft, and of these FLAG.draft alone.
  const { rows } = await account.sql<{ folder_id: number; count: number; size: number }>`
    select p.folder_id, count(*) as count, sum(i.size)::bigint as size
    from (select item_id, size from item
      where account_id = ${account.id} and kind = ${kind} and flags & 9 = 8 and deleted_at is null offset 0) as i
    join placement p on p.account_id = ${account.id} and p.item_id = i.item_id and p.folder_id = any(${[...folderIds]}::bigint[])
    group by p.folder_id`
  return byFolder(folderIds, rows)
}

function byFolder(
  folderIds: readonly number[],
  rows: readonly { folder_id: number; count: number; size: number }[],
): Map<number, Measure> {
  return new Map([
    ...folderIds.map((id) => [id, NOTHING] as const),
    ...rows.map(({ folder_id, count, size }) => [folder_id, { count, size }] as const),
  ])
}

/** What was measured last, and of which state: clients ask after every other command. */
const measured = new WeakMap<OpenAccount, Map<string, { change: number; usage: Measure }>>()

/** What an account has of a kind; deleted items do not count (DESIGN §3). */
export async function usageOf(account: OpenAccount, kind: string): Promise<Measure> {
  const { items: change } = await kindState(account, kind)
  const kinds = measured.get(account) ?? new Map<string, { change: number; usage: Measure }>()
  measured.set(account, kinds)
  const known = kinds.get(kind)
  if (known?.change === change) return known.usage
  const { rows } = await account.sql<Measure>`
    select count(*) as count, coalesce(sum(size), 0)::bigint as size from item
    where account_id = ${account.id} and kind = ${kind} and deleted_at is null`
  const usage = rows[0] as Measure
  kinds.set(kind, { change, usage })
  return usage
}
