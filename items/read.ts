import type { OpenAccount, Sql } from '#storage'
import { keywordNames } from './keywords.ts'

export interface Item {
  id: number
  threadId: number
  blobId: string
  size: number
  flags: number
  keywords: string[]
  receivedAt: Date
  folders: number[]
  /** The kind's own form, opened. Empty when it was not asked for. */
  summary: Buffer
}

export interface Row {
  item_id: number
  thread_id: number
  blob_id: string
  size: number
  flags: number
  keywords: number[]
  received_at: Date
  folders: number[]
  summary: Buffer | null
}

/** Reads items by id, in the order of the ids; those that are not there, or are deleted, are left out. */
export async function readItems(
  account: OpenAccount,
  kind: string,
  ids: readonly number[],
  { summaries = true, sql = account.sql }: { summaries?: boolean; sql?: Sql } = {},
): Promise<Item[]> {
  const { rows } = await sql<Row>`
    select i.item_id, i.thread_id, i.blob_id, i.size, i.flags, i.keywords, i.received_at,
      array(select p.folder_id from placement p where p.account_id = i.account_id and p.item_id = i.item_id) as folders,
      s.sealed as summary
    from item i
    left join item_summary s on ${summaries}::boolean and s.account_id = i.account_id and s.item_id = i.item_id
    where i.account_id = ${account.id} and i.item_id = any(${[...ids]}::bigint[]) and i.kind = ${kind} and i.deleted_at is null`
  const names = await keywordNames(
    account,
    rows.flatMap((row) => row.keywords),
  )
  const items = new Map(rows.map((row) => [row.item_id, toItem(account, row, names)]))
  return ids.flatMap((id) => items.get(id) ?? [])
}

/** Opens the summaries of items that are not deleted, by id. */
export async function readSummaries(
  account: OpenAccount,
  kind: string,
  ids: readonly number[],
): Promise<Map<number, Buffer>> {
  const { rows } = await account.sql<Pick<Row, 'item_id'> & { summary: Buffer }>`
    select i.item_id, s.sealed as summary from item i join item_summary s on s.account_id = i.account_id and s.item_id = i.item_id
    where i.account_id = ${account.id} and i.item_id = any(${[...ids]}::bigint[]) and i.kind = ${kind} and i.deleted_at is null`
  return new Map(rows.map((row) => [row.item_id, account.open('item', row.item_id, row.summary)]))
}

/** A summary, opened, and the sealed content beside it where that stands in the database and is wanted. */
export interface Opened {
  id: number
  summary: Buffer
  content: Buffer | undefined
}

/**
 * Opens the summaries of items that are not deleted, with their contents in the same statement. "offset 0" keeps
 * PostgreSQL to the order written: from the ids to the rows by their key, and never through all that the account has.
 */
export async function readOpened(
  account: OpenAccount,
  kind: string,
  ids: readonly number[],
  { contents }: { contents: boolean },
): Promise<Opened[]> {
  const { rows } = await account.sql.bytes<{ id: Buffer; summary: Buffer; content: Buffer | null }>`
    select int8send(i.item_id) as id, s.sealed as summary,
      case when ${contents}::boolean then (select content from blob where account_id = ${account.id} and blob_id = i.blob_id) end as content
    from unnest(${[...ids]}::bigint[]) as wanted (item_id)
    cross join lateral (
      select item_id, blob_id, kind, deleted_at from item
      where account_id = ${account.id} and item_id = wanted.item_id offset 0) as i
    cross join lateral (
      select sealed from item_summary where account_id = ${account.id} and item_id = i.item_id offset 0) as s
    where i.kind = ${kind} and i.deleted_at is null`
  return rows.map((row) => {
    const id = Number(row.id.readBigInt64BE())
    return { id, summary: account.open('item', id, row.summary), content: row.content ?? undefined }
  })
}

/** The item that owns a blob; several may share one after copying, any of them opens it. */
export async function findItemByBlob(account: OpenAccount, kind: string, blobId: string): Promise<Item | undefined> {
  const { rows } = await account.sql<{ item_id: number }>`
    select item_id from item
    where account_id = ${account.id} and blob_id = ${blobId} and kind = ${kind} and deleted_at is null
    limit 1`
  return rows[0] === undefined ? undefined : (await readItems(account, kind, [rows[0].item_id]))[0]
}

/** The item that has a UID in a folder. */
export async function findPlaced(
  account: OpenAccount,
  kind: string,
  folderId: number,
  uid: number,
): Promise<number | undefined> {
  const { rows } = await account.sql<{ item_id: number }>`
    select p.item_id from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
    where p.account_id = ${account.id} and p.folder_id = ${folderId} and p.uid = ${uid} and i.kind = ${kind}`
  return rows[0]?.item_id
}

/** The items of threads that are in a folder, oldest first; a thread without any is left out. */
export async function readThreads(
  account: OpenAccount,
  kind: string,
  threadIds: readonly number[],
): Promise<Map<number, number[]>> {
  const { rows } = await account.sql<{ thread_id: number; items: number[] }>`
    select thread_id, array_agg(item_id order by received_at, item_id) as items from item
    where account_id = ${account.id} and thread_id = any(${[...threadIds]}::bigint[]) and kind = ${kind} and deleted_at is null
    group by thread_id`
  return new Map(rows.map((row) => [row.thread_id, row.items]))
}

/** The threads of items. */
export async function threadsOf(account: OpenAccount, ids: readonly number[]): Promise<Map<number, number>> {
  const { rows } = await account.sql<{ item_id: number; thread_id: number }>`
    select item_id, thread_id from item where account_id = ${account.id} and item_id = any(${[...ids]}::bigint[])`
  return new Map(rows.map((row) => [row.item_id, row.thread_id]))
}

export function toItem(account: OpenAccount, row: Row, names: ReadonlyMap<number, string>): Item {
  return {
    id: row.item_id,
    threadId: row.thread_id,
    blobId: row.blob_id,
    size: row.size,
    flags: row.flags,
    keywords: row.keywords.map((number) => names.get(number) as string),
    receivedAt: row.received_at,
    folders: row.folders,
    summary: row.summary === null ? Buffer.alloc(0) : account.open('item', row.item_id, row.summary),
  }
}

/** The id of the newest item of a kind, deleted or not; 0 when there is none. Ids grow with time. */
export async function newestItem(account: OpenAccount, kind: string): Promise<number> {
  const { rows } = await account.sql<{ item_id: number }>`
    select item_id from item where account_id = ${account.id} and kind = ${kind} order by account_id desc, item_id desc limit 1`
  return rows[0]?.item_id ?? 0
}
