import type { OpenAccount } from '#storage'
import { kindState } from '../changes.ts'
import type { Folder } from './list.ts'

/** What is in a folder or an account: how many items, and their bytes as they came. */
export interface Measure {
  count: number
  size: number
}

const NOTHING: Measure = { count: 0, size: 0 }

const MOST_MEASURED = 10_000

/** What was measured last, and of which state: clients ask after every other command, and mostly nothing has changed. */
const measured = new WeakMap<OpenAccount, Map<string, { change: number; measure: Measure }>>()

function measuredOf(account: OpenAccount): Map<string, { change: number; measure: Measure }> {
  const known = measured.get(account) ?? new Map<string, { change: number; measure: Measure }>()
  // Folders that have gone leave theirs behind.
  if (known.size > MOST_MEASURED) known.clear()
  measured.set(account, known)
  return known
}

/**
 * What is in each of these folders. The order is written down, as in `settle.ts`, so that the cost is that of the folders;
 * an index has all that is asked of an item. 100,000 take some tenths of a second, and nothing while nothing changes.
 */
export async function sizesOfFolders(
  account: OpenAccount,
  kind: string,
  folders: readonly Pick<Folder, 'id' | 'itemsChange'>[],
): Promise<Map<number, Measure>> {
  const known = measuredOf(account)
  const stale = folders.filter(({ id, itemsChange }) => known.get(`folder/${id}`)?.change !== itemsChange)
  const ids = stale.map(({ id }) => id)
  if (ids.length > 0) {
    const { rows } = await account.sql<Row>`
      select p.folder_id, count(*) as count, sum(i.size)::bigint as size
      from (select folder_id, received_at, item_id from placement
        where account_id = ${account.id} and folder_id = any(${ids}::bigint[]) offset 0) as p
      cross join lateral (select size from item
        where account_id = ${account.id} and kind = ${kind} and received_at = p.received_at and item_id = p.item_id
          and deleted_at is null offset 0) as i
      group by p.folder_id`
    const found = byFolder(ids, rows)
    for (const { id, itemsChange: change } of stale)
      known.set(`folder/${id}`, { change, measure: found.get(id) as Measure })
  }
  return new Map(folders.map(({ id }) => [id, known.get(`folder/${id}`)?.measure ?? NOTHING]))
}

/** What is marked as `\Deleted` in each of these folders. */
export async function deletedInFolders(
  account: OpenAccount,
  folderIds: readonly number[],
): Promise<Map<number, Measure>> {
  const { rows } = await account.sql<Row>`
    select p.folder_id, count(*) as count, sum(i.size)::bigint as size
    from (select folder_id, item_id from placement
      where account_id = ${account.id} and folder_id = any(${[...folderIds]}::bigint[]) and is_deleted offset 0) as p
    join item i on i.account_id = ${account.id} and i.item_id = p.item_id
    group by p.folder_id`
  return byFolder(folderIds, rows)
}

interface Row extends Measure {
  folder_id: number
}

function byFolder(folderIds: readonly number[], rows: readonly Row[]): Map<number, Measure> {
  return new Map([
    ...folderIds.map((id) => [id, NOTHING] as const),
    ...rows.map(({ folder_id, count, size }) => [folder_id, { count, size }] as const),
  ])
}

/** What an account has of a kind; deleted items do not count (DESIGN §3). One index has it: 100,000 take 20 ms. */
export async function usageOf(account: OpenAccount, kind: string): Promise<Measure> {
  const known = measuredOf(account)
  const { items: change } = await kindState(account, kind)
  const last = known.get(`kind/${kind}`)
  if (last?.change === change) return last.measure
  const { rows } = await account.sql<Measure>`
    select count(*) as count, coalesce(sum(size), 0)::bigint as size from item
    where account_id = ${account.id} and kind = ${kind} and deleted_at is null`
  const measure = rows[0] as Measure
  known.set(`kind/${kind}`, { change, measure })
  return measure
}
