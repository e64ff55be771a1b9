import type { OpenAccount, Sql } from '#storage'

export interface Folder {
  id: number
  kind: string
  role: string | undefined
  /** 0 at the top. */
  parentId: number
  name: string
  sortOrder: number
  isSubscribed: boolean
  uidValidity: number
  uidNext: number
  /** Items, unread items, threads, and threads with an unread item in this folder: kept, not counted. */
  total: number
  unread: number
  threads: number
  unreadThreads: number
  /** Drafts that nobody has seen: `unread` leaves drafts out. */
  unseenDrafts: number
  /** The last number that touched something in it. */
  itemsChange: number
}

interface Row {
  folder_id: number
  kind: string
  role: string | null
  parent_id: number
  name: Buffer
  sort_order: number
  is_subscribed: boolean
  uid_validity: number
  uid_next: number
  total: number
  unread: number
  threads: number
  unread_threads: number
  unseen_drafts: number
  items_change: number
}

/** All folders of a kind, in no order. They are bounded (`createFolder`). */
export async function listFolders(account: OpenAccount, kind: string, sql: Sql = account.sql): Promise<Folder[]> {
  const { rows } = await sql<Row>`
    select folder_id, kind, role, parent_id, name, sort_order, is_subscribed, uid_validity, uid_next,
      total, unread, threads, unread_threads, unseen_drafts, items_change
    from folder where account_id = ${account.id} and kind = ${kind}`
  return rows.map((row) => ({
    id: row.folder_id,
    kind: row.kind,
    role: row.role ?? undefined,
    parentId: row.parent_id,
    name: account.open('folder', row.folder_id, row.name).toString(),
    sortOrder: row.sort_order,
    isSubscribed: row.is_subscribed,
    uidValidity: row.uid_validity,
    uidNext: row.uid_next,
    total: row.total,
    unread: row.unread,
    threads: row.threads,
    unreadThreads: row.unread_threads,
    unseenDrafts: row.unseen_drafts,
    itemsChange: row.items_change,
  }))
}

/** The folder that lies at a path of names, from the top or from another folder. Opens no name: the receiver may ask. */
export async function findFolderByPath(
  account: OpenAccount,
  kind: string,
  names: readonly string[],
  sql: Sql = account.sql,
  from = 0,
): Promise<number | undefined> {
  let at: number | undefined = from
  for (const name of names) {
    const { rows }: { rows: { folder_id: number }[] } = await sql<{ folder_id: number }>`
      select folder_id from folder where account_id = ${account.id} and kind = ${kind} and parent_id = ${at}
        and name_key = ${account.lookupKey('folder', name.normalize('NFC'))}`
    at = rows[0]?.folder_id
    if (at === undefined) return undefined
  }
  return at
}

/** The folder with a role, found without opening a name: the receiver may ask. */
export async function findFolderByRole(
  account: OpenAccount,
  kind: string,
  role: string,
  sql: Sql = account.sql,
): Promise<number | undefined> {
  const { rows } = await sql<{ folder_id: number }>`
    select folder_id from folder where account_id = ${account.id} and kind = ${kind} and role = ${role}`
  return rows[0]?.folder_id
}
