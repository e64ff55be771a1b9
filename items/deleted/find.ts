import { fragment as f, every, type Fragment, type OpenAccount, type Sql } from '#storage'
import { departuresOf } from './places.ts'
import { conditionOf, type WordsQuery } from '../search/words-query.ts'

/** Something that was deleted: an item, or a record (`records/past.ts`), which may be an earlier state of one that is there. */
export interface DeletedThing {
  store: 'item' | 'record'
  id: number
}

/** Which of the deleted things are meant; what is left out is no condition. */
export interface DeletedFilter {
  kind?: string | undefined
  deletionId?: number | undefined
  /** By this device: the keyed hash of it. */
  deviceKey?: Buffer | undefined
  /** Deleted at this time or later, and before this one. */
  after?: Date | undefined
  before?: Date | undefined
  /** Lay in this folder when it was deleted; with `at`, at that time. A record lies in none. */
  folderId?: number | undefined
  /** Lay in some folder, or was so, at this time, and was deleted later. */
  at?: Date | undefined
  /** What a text finds: of items by the index, of records their ids (`findRecordsSaying`). */
  said?: { words: WordsQuery; records: readonly number[] } | undefined
}

/** Of what words find, so many items are looked at, the newest first. */
const MOST_FOUND = 100_000

/** Deleted things that are restorable, what was deleted last first. @param since  what was deleted before is given up */
export async function findDeleted(
  account: OpenAccount,
  filter: DeletedFilter,
  since: Date,
  { offset = 0, limit }: { offset?: number; limit: number },
  sql: Sql = account.sql,
): Promise<DeletedThing[]> {
  const { rows } = await sql<DeletedThing>`
    select t.store, t.id from (
      (select 'item' as store, i.item_id as id, i.deleted_at as at from ${from(account, filter)} where ${conditions(account, filter, since)}
        order by i.deleted_at desc, i.item_id desc limit ${offset + limit})
      union all
      (select 'record', r.record_id, r.removed_at from record r where ${recordConditions(account, filter, since)}
        order by r.removed_at desc, r.record_id desc limit ${offset + limit})
    ) as t
    order by t.at desc, t.id desc offset ${offset} limit ${limit}`
  return rows
}

/** How many things of each kind meet a filter. */
export async function countDeleted(
  account: OpenAccount,
  filter: DeletedFilter,
  since: Date,
): Promise<Map<string, number>> {
  const { rows } = await account.sql<{ kind: string; count: number }>`
    select i.kind, count(*) as count from ${from(account, filter)} where ${conditions(account, filter, since)} group by i.kind
    union all
    select r.kind, count(*) from record r where ${recordConditions(account, filter, since)} group by r.kind`
  return new Map(rows.map((row) => [row.kind, row.count]))
}

/** From the index of words to the items where words are asked for, else by time: the order is written down (`find.ts`). */
function from(account: OpenAccount, { said }: DeletedFilter): Fragment {
  const words = said?.words
  if (words === undefined || typeof words.asks === 'boolean') return f`item i`
  return f`(
    select item_id from (select account_id, item_id from item_words w where ${conditionOf(words.asks)} offset 0) as w
    where w.account_id = ${account.id} limit ${MOST_FOUND}
  ) as w cross join lateral (select * from item where account_id = ${account.id} and item_id = w.item_id offset 0) as i`
}

function conditions(account: OpenAccount, filter: DeletedFilter, since: Date): Fragment {
  const { folderId, at, said } = filter
  const list = [
    f`i.account_id = ${account.id} and i.deleted_at is not null and not i.is_replaced`,
    whenAndBy(account, filter, since, f`i.deleted_at`, f`i`),
  ]
  if (said?.words.asks === false) list.push(f`false`)
  const inFolder = folderId === undefined ? f`true` : f`v.folder_id = ${folderId}`
  if (at !== undefined)
    list.push(f`i.deleted_at > ${at} and exists (select from ${departuresOf(account, f`i.item_id`)} as v where v.uid > 0 and v.at > ${at}
        and coalesce(v.saved_at, i.received_at) <= ${at} and ${inFolder} offset 0)`)
  else if (folderId !== undefined)
    list.push(
      f`exists (select from ${departuresOf(account, f`i.item_id`)} as v where v.change = i.change and v.uid > 0 and ${inFolder} offset 0)`,
    )
  return every(list)
}

function recordConditions(account: OpenAccount, filter: DeletedFilter, since: Date): Fragment {
  const { folderId, at, said } = filter
  const list = [
    f`r.account_id = ${account.id} and r.deletion_id is not null`,
    whenAndBy(account, filter, since, f`r.removed_at`, f`r`),
  ]
  if (folderId !== undefined) list.push(f`false`)
  if (at !== undefined) list.push(f`r.removed_at > ${at} and coalesce(r.saved_at, r.created_at) <= ${at}`)
  if (said !== undefined) list.push(f`r.record_id = any(${[...said.records]}::bigint[])`)
  return every(list)
}

/** What is asked of items and records alike. */
function whenAndBy(
  account: OpenAccount,
  { kind, deletionId, deviceKey, after, before }: DeletedFilter,
  since: Date,
  time: Fragment,
  row: Fragment,
): Fragment {
  const list = [f`${time} >= ${new Date(Math.max(after?.getTime() ?? 0, since.getTime()))}`]
  if (kind !== undefined) list.push(f`${row}.kind = ${kind}`)
  if (deletionId !== undefined) list.push(f`${row}.deletion_id = ${deletionId}`)
  if (before !== undefined) list.push(f`${time} < ${before}`)
  if (deviceKey !== undefined)
    list.push(
      f`${row}.deletion_id in (select deletion_id from deletion where account_id = ${account.id} and device_key = ${deviceKey})`,
    )
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
      array(select distinct v.folder_id from ${departuresOf(account, f`i.item_id`)} as v where v.change = i.change and v.uid > 0) as folders
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
      select distinct v.folder_id from ${departuresOf(account, f`i.item_id`)} as v where v.uid > 0 and ${lay} offset 0) as l
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
