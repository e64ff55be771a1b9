import type { OpenAccount, Sql } from '#storage'

/** A folder's list, newest first: its items, or its threads, each shown by its newest item in the folder. */
export interface FolderList {
  folderId: number
  collapseThreads: boolean
}

/** How a folder's list stood at a moment. */
export interface ListState {
  /** The last number that touched something in the folder. */
  change: number
  /** The UID of the next item that comes: all that came later have this one or a greater. */
  uidNext: number
}

export interface Page {
  /** Ids of items. */
  ids: number[]
  /** Length of the whole list. */
  total: number
  state: ListState
}

/**
 * A page of a folder's list, from one index and one statement: its cost is that of the rows passed over and shown,
 * never that of the folder.
 * @returns undefined when there is no such folder
 */
export async function readPage(
  account: OpenAccount,
  { folderId, collapseThreads }: FolderList,
  { offset, limit }: { offset: number; limit: number },
  sql: Sql = account.sql,
): Promise<Page | undefined> {
  const { rows } = collapseThreads
    ? await sql<PageRow>`
        select f.items_change, f.uid_next, f.threads as total, array(
          select latest_item from folder_thread t where t.account_id = f.account_id and t.folder_id = f.folder_id
          order by latest_at desc, latest_item desc offset ${offset} limit ${limit}) as ids
        from folder f where f.account_id = ${account.id} and f.folder_id = ${folderId}`
    : await sql<PageRow>`
        select f.items_change, f.uid_next, f.total, array(
          select item_id from placement p where p.account_id = f.account_id and p.folder_id = f.folder_id
          order by received_at desc, item_id desc offset ${offset} limit ${limit}) as ids
        from folder f where f.account_id = ${account.id} and f.folder_id = ${folderId}`
  const [row] = rows
  return row && { ids: row.ids, total: row.total, state: { change: row.items_change, uidNext: row.uid_next } }
}

/** The ids alone. */
export async function pageOfFolder(
  account: OpenAccount,
  page: FolderList & { offset: number; limit: number },
): Promise<number[]> {
  return (await readPage(account, page, page))?.ids ?? []
}

interface PageRow {
  items_change: number
  uid_next: number
  total: number
  ids: number[]
}

/**
 * Where an item stands in a folder's list, counted on the index.
 * @returns undefined when it is not there, or, collapsed, is not its thread's newest
 */
export async function positionInFolder(
  account: OpenAccount,
  { folderId, collapseThreads }: FolderList,
  itemId: number,
): Promise<number | undefined> {
  const { rows } = collapseThreads
    ? await account.sql<{ position: number }>`
        select (select count(*) from folder_thread o where o.account_id = ${account.id} and o.folder_id = ${folderId}
          and (o.latest_at, o.latest_item) > (t.latest_at, t.latest_item)) as position
        from item i join folder_thread t on t.account_id = i.account_id and t.folder_id = ${folderId} and t.thread_id = i.thread_id
        where i.account_id = ${account.id} and i.item_id = ${itemId} and t.latest_item = i.item_id`
    : await account.sql<{ position: number }>`
        select (select count(*) from placement o where o.account_id = ${account.id} and o.folder_id = ${folderId}
          and (o.received_at, o.item_id) > (p.received_at, p.item_id)) as position
        from placement p where p.account_id = ${account.id} and p.folder_id = ${folderId} and p.item_id = ${itemId}`
  return rows[0]?.position
}
