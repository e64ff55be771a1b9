import { fragment as f, every, type Fragment, type OpenAccount, type Sql } from '#storage'
import { conditionOf, type WordsQuery } from '../search/words-query.ts'

/** Which of the deleted items are meant; what is left out is no condition. */
export interface DeletedFilter {
  kind?: string | undefined
  deletionId?: number | undefined
  /** Deleted at this time or later, and before this one. */
  after?: Date | undefined
  before?: Date | undefined
  /** Lay in this folder when it was deleted; with `at`, at that time. */
  folderId?: number | undefined
  /** Lay in some folder at this time, and was deleted later. */
  at?: Date | undefined
  words?: WordsQuery | undefined
}

/** Of what words find, so many items are looked at, the newest first. */
const MOST_FOUND = 100_000

/** Ids of deleted items that are restorable, what was deleted last first. @param since  what was deleted before is given up */
export async function findDeleted(
  account: OpenAccount,
  filter: DeletedFilter,
  since: Date,
  { offset = 0, limit }: { offset?: number; limit: number },
  sql: Sql = account.sql,
): Promise<number[]> {
  const { rows } = await sql<{ item_id: number }>`
    select i.item_id from ${from(account, filter)} where ${conditions(account, filter, since)}
    order by i.deleted_at desc, i.item_id desc offset ${offset} limit ${limit}`
  return rows.map((row) => row.item_id)
}

export async function countDeleted(account: OpenAccount, filter: DeletedFilter, since: Date): Promise<number> {
  const { rows } = await account.sql<{ count: number }>`
    select count(*) as count from ${from(account, filter)} where ${conditions(account, filter, since)}`
  return rows[0]?.count ?? 0
}

/** From the index of words to the items where words are asked for, else by time: the order is written down (`find.ts`). */
function from(account: OpenAccount, { words }: DeletedFilter): Fragment {
  if (words === undefined || typeof words.asks === 'boolean') return f`item i`
  return f`(
    select item_id from (select account_id, item_id from item_words w where ${conditionOf(words.asks)} offset 0) as w
    where w.account_id = ${account.id} limit ${MOST_FOUND}
  ) as w cross join lateral (select * from item where account_id = ${account.id} and item_id = w.item_id offset 0) as i`
}

function conditions(account: OpenAccount, filter: DeletedFilter, since: Date): Fragment {
  const { kind, deletionId, after = since, before, folderId, at, words } = filter
  const from = new Date(Math.max(after.getTime(), since.getTime()))
  const list = [
    f`i.account_id = ${account.id} and i.deleted_at is not null and not i.is_replaced and i.deleted_at >= ${from}`,
  ]
  if (kind !== undefined) list.push(f`i.kind = ${kind}`)
  if (deletionId !== undefined) list.push(f`i.deletion_id = ${deletionId}`)
  if (before !== undefined) list.push(f`i.deleted_at < ${before}`)
  if (words?.asks === false) list.push(f`false`)
  const inFolder = folderId === undefined ? f`true` : f`v.folder_id = ${folderId}`
  if (at !== undefined)
    list.push(f`i.deleted_at > ${at} and exists (select from vanished v
      where v.account_id = ${account.id} and v.item_id = i.item_id and v.uid > 0 and v.at > ${at}
        and coalesce(v.saved_at, i.received_at) <= ${at} and ${inFolder} offset 0)`)
  else if (folderId !== undefined)
    list.push(f`exists (select from vanished v
      where v.account_id = ${account.id} and v.item_id = i.item_id and v.change = i.change and v.uid > 0 and ${inFolder} offset 0)`)
  return every(list)
}

/** A deleted item as a list shows it. */
export interface DeletedItem {
  id: number
  kind: string
  threadId: number
  blobId: string
  flags: number
  keywords: number[]
  size: number
  receivedAt: Date
  deletedAt: Date
  deletionId: number
  /** Where it lay when it was deleted. */
  folders: number[]
  /** The kind's own form, opened. */
  summary: Buffer
}

interface Row {
  item_id: number
  kind: string
  thread_id: number
  blob_id: string
  flags: number
  keywords: number[]
  size: number
  received_at: Date
  deleted_at: Date
  deletion_id: number
  folders: number[]
  sealed: Buffer
}

/** Reads deleted items by id, in the order of the ids; those that are not deleted, or no longer restorable, are left out. */
export async function readDeleted(account: OpenAccount, ids: readonly number[], since: Date): Promise<DeletedItem[]> {
  const { rows } = await account.sql<Row>`
    select i.item_id, i.kind, i.thread_id, i.blob_id, i.flags, i.keywords, i.size, i.received_at, i.deleted_at, i.deletion_id, s.sealed,
      array(select distinct v.folder_id from vanished v
        where v.account_id = ${account.id} and v.item_id = i.item_id and v.change = i.change and v.uid > 0) as folders
    from unnest(${[...ids]}::bigint[]) with ordinality as wanted (item_id, place)
    cross join lateral (select * from item where account_id = ${account.id} and item_id = wanted.item_id offset 0) as i
    cross join lateral (select sealed from item_summary where account_id = ${account.id} and item_id = wanted.item_id offset 0) as s
    where i.deleted_at >= ${since} and not i.is_replaced
    order by wanted.place`
  return rows.map((row) => ({
    id: row.item_id,
    kind: row.kind,
    threadId: row.thread_id,
    blobId: row.blob_id,
    flags: row.flags,
    keywords: row.keywords,
    size: row.size,
    receivedAt: row.received_at,
    deletedAt: row.deleted_at,
    deletionId: row.deletion_id,
    folders: row.folders,
    summary: account.open('item', row.item_id, row.sealed),
  }))
}

/** The summary, opened, of a deleted item that owns a blob. */
export async function findDeletedByBlob(
  account: OpenAccount,
  kind: string,
  blobId: string,
): Promise<Buffer | undefined> {
  const { rows } = await account.sql<{ item_id: number; sealed: Buffer }>`
    select i.item_id, s.sealed from item i join item_summary s on s.account_id = i.account_id and s.item_id = i.item_id
    where i.account_id = ${account.id} and i.blob_id = ${blobId} and i.kind = ${kind} and i.deleted_at is not null
    limit 1`
  return rows[0] && account.open('item', rows[0].item_id, rows[0].sealed)
}

/** A folder that some of the items lay in, and how many did. */
export interface CountedFolder {
  id: number
  count: number
}

/** Folders named at most, those with most items first. */
const MOST_FOLDERS = 100

/** Where the items lay that meet a filter: when they were deleted; with `at`, at that time. */
export async function countByFolder(
  account: OpenAccount,
  filter: DeletedFilter,
  since: Date,
): Promise<CountedFolder[]> {
  const { at } = filter
  const lay =
    at === undefined ? f`v.change = i.change` : f`v.at > ${at} and coalesce(v.saved_at, i.received_at) <= ${at}`
  const { rows } = await account.sql<{ folder_id: number; count: number }>`
    select l.folder_id, count(*) as count from ${from(account, filter)}
    cross join lateral (
      select distinct v.folder_id from vanished v
      where v.account_id = ${account.id} and v.item_id = i.item_id and v.uid > 0 and ${lay} offset 0) as l
    where ${conditions(account, filter, since)}
    group by l.folder_id order by count desc, l.folder_id limit ${MOST_FOLDERS}`
  return rows.map((row) => ({ id: row.folder_id, count: row.count }))
}

/** The last number that touched any item or folder. */
export async function deletedState(account: OpenAccount): Promise<number> {
  const { rows } = await account.sql<{ change: number }>`
    select coalesce(max(greatest(folders_change, items_change)), 0) as change from kind_state where account_id = ${account.id}`
  return rows[0]?.change ?? 0
}
