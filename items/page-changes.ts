import { Refusal } from '#system'
import { fragment as f, type OpenAccount } from '#storage'
import type { FolderList, ListState } from './page.ts'

/** What became of a folder's list, as RFC 8620 §5.6 tells it: take out `removed`, then put in `added` by rising index. */
export interface ListChanges {
  removed: number[]
  added: { id: number; index: number }[]
  total: number
  state: ListState
}

/**
 * What became of a folder's list since a state of it. Collapsed, a thread in which something came or went is taken out
 * with all its items and put in again with its newest. The cost is that of the list down to the last place that changed.
 * @param most  items that came or went; more than that is refused
 * @returns undefined when there is no such folder
 * @throws Refusal 'cannotCalculateChanges' also when what vanished since is no longer known; 'tooManyItems' for more
 *   than `most`
 */
export async function folderListChanges(
  account: OpenAccount,
  { folderId, collapseThreads }: FolderList,
  since: ListState,
  most: number,
): Promise<ListChanges | undefined> {
  // One statement, so that the places are those of the state that is told with them.
  const { rows } = await account.sql<Row>`
    with come as materialized (
      select p.item_id, p.received_at, i.thread_id
      from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
      where p.account_id = ${account.id} and p.folder_id = ${folderId} and p.uid >= ${since.uidNext} limit ${most + 1}
    ), gone as materialized (
      select item_id, thread_id from vanished
      where account_id = ${account.id} and change > ${since.change} and folder_id = ${folderId} and uid > 0 and uid < ${since.uidNext}
      limit ${most + 1}
    ), ${collapseThreads ? threads(account, folderId, most) : items(account, folderId)}
    select a.vanished_floor as floor, f.items_change, f.uid_next, ${collapseThreads ? f`f.threads` : f`f.total`} as total,
      (select count(*) from come) + (select count(*) from gone) as moved,
      array(select item_id from removed) as removed, array(select id from placed order by index) as added,
      array(select index from placed order by index) as indexes
    from account a join folder f on f.account_id = a.account_id and f.folder_id = ${folderId}
    where a.account_id = ${account.id}`
  const [row] = rows
  if (row === undefined) return undefined
  if (since.change < row.floor || since.change > row.items_change || since.uidNext > row.uid_next)
    throw new Refusal('cannotCalculateChanges')
  if (row.moved > most || row.removed.length > most) throw new Refusal('tooManyItems')
  return {
    removed: row.removed,
    added: row.added.map((id, i) => ({ id, index: row.indexes[i] as number })),
    total: row.total,
    state: { change: row.items_change, uidNext: row.uid_next },
  }
}

interface Row {
  floor: number
  items_change: number
  uid_next: number
  total: number
  moved: number
  removed: number[]
  added: number[]
  indexes: number[]
}

const items = (account: OpenAccount, folderId: number) => f`
  removed as (select item_id from gone),
  placed as (
    select id, index from (
      select item_id as id, row_number() over (order by received_at desc, item_id desc) - 1 as index from placement
      where account_id = ${account.id} and folder_id = ${folderId}
        and (received_at, item_id) >= (select received_at, item_id from come order by received_at, item_id limit 1)
    ) as list
    where id in (select item_id from come)
  )`

const threads = (account: OpenAccount, folderId: number, most: number) => f`
  touched as materialized (select thread_id from come union select thread_id from gone),
  removed as (
    select item_id from gone
    union
    (select p.item_id from touched
     join item i on i.account_id = ${account.id} and i.thread_id = touched.thread_id
     join placement p on p.account_id = ${account.id} and p.item_id = i.item_id and p.folder_id = ${folderId}
     limit ${most + 1})
  ), placed as (
    select id, index from (
      select latest_item as id, thread_id, row_number() over (order by latest_at desc, latest_item desc) - 1 as index from folder_thread
      where account_id = ${account.id} and folder_id = ${folderId}
        and (latest_at, latest_item) >= (
          select t.latest_at, t.latest_item from touched
          join folder_thread t on t.account_id = ${account.id} and t.folder_id = ${folderId} and t.thread_id = touched.thread_id
          order by t.latest_at, t.latest_item limit 1)
    ) as list
    where thread_id in (select thread_id from touched)
  )`
