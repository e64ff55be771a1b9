import { now, Refusal } from '#system'
import { newId, type PreparedBlob, type Transaction } from '#storage'
import { numberKeywords } from './keywords.ts'
import { touchItems, touchThread } from './settle.ts'

export interface NewItem {
  kind: string
  /** At least one. */
  folders: readonly number[]
  /** A prepared blob, or the id of one that another item of this account already owns. */
  blob: PreparedBlob | { existingId: string }
  /** Bytes of the content as it came. */
  size: number
  flags: number
  keywords?: readonly string[]
  /** Whether it is marked `\Deleted` in its folders from the start. */
  isDeleted?: boolean
  receivedAt: Date
  /** What lists need, in the kind's own form, with the key of the blob in it. It is sealed here. */
  summary: string | Uint8Array
  /** By which its content is found again (`digestOf`). */
  digest?: Buffer | undefined
  /** What ties items into a thread: an item joins the oldest thread that has one of these. At most 50 are looked at. */
  threadKeys?: readonly string[]
}

export interface AddedItem {
  id: number
  threadId: number
  /** The UID in each folder. */
  uids: Map<number, number>
}

const THREAD_KEYS = 50

/**
 * Adds an item with its content to folders. One statement does it: on an item as small as a letter, every further round
 * trip costs as much as the work.
 * @throws Refusal 'notFound' when a folder or, with the field `blob`, an existing blob is not there
 */
export async function addItem(tx: Transaction, item: NewItem): Promise<AddedItem> {
  const numbers = item.keywords?.length ? await numbersOf(tx, item.keywords) : []
  if ('existingId' in item.blob) await checkBlob(tx, item.blob.existingId)
  return insert(tx, item, numbers)
}

/** So many together are worth a question about their threads, and one statement for all. */
const MANY = 8

/** Adds items that bring their content, in this order: a few by statements that leave together, many by one. @throws as addItem */
export async function addItems(
  tx: Transaction,
  items: readonly (NewItem & { blob: PreparedBlob })[],
): Promise<AddedItem[]> {
  const names = new Set(items.flatMap((item) => item.keywords ?? []))
  const numbers = names.size === 0 ? undefined : (await numberKeywords(tx, names)).numbers
  if (items.length >= MANY) return insertMany(tx, items, numbers)
  return Promise.all(
    items.map((item) =>
      insert(
        tx,
        item,
        (item.keywords ?? []).map((name) => numbers?.get(name) as number),
      ),
    ),
  )
}

/** Sends its statement at once. */
async function insert(tx: Transaction, item: NewItem, numbers: number[]): Promise<AddedItem> {
  const { account, sql, change } = tx
  const folders = [...new Set(item.folders)]
  if (folders.length === 0) throw new Refusal('invalid', { fields: ['folders'] })
  const id = newId()
  const keys = (item.threadKeys ?? []).slice(0, THREAD_KEYS).map((key) => account.lookupKey('thread', key))
  const blobId = 'existingId' in item.blob ? item.blob.existingId : item.blob.ref.id
  const content = 'existingId' in item.blob ? undefined : item.blob

  const { rows } = await sql<{ thread_id: number; folder_ids: number[]; uids: number[] }>`
    with thread as (
      -- The oldest thread that shares a key, or a new one named like its first item.
      select coalesce(min(thread_id), ${id}::bigint) as thread_id from thread_key
      where account_id = ${account.id} and key = any(${keys}::bytea[])
      -- Nothing at all is written when a folder is missing: whoever asked may go on with this transaction.
      having (select count(*) from folder
        where account_id = ${account.id} and folder_id = any(${folders}::bigint[]) and kind = ${item.kind}) = ${folders.length}
    ), uid as (
      update folder set uid_next = uid_next + 1
      where account_id = ${account.id} and folder_id = any(${folders}::bigint[]) and kind = ${item.kind}
        and exists (select from thread)
      returning folder_id, uid_next - 1 as uid
    ), new_blob as (
      insert into blob (account_id, blob_id, sealed_size, content, created_at)
      select ${account.id}::bigint, ${blobId}::uuid, ${content?.sealedSize ?? 0}::bigint, ${content?.content ?? null}::bytea, ${now()}::timestamptz
      from thread where ${content !== undefined}::boolean
    ), new_item as (
      insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, keywords, received_at, created_change, change, digest)
      select ${account.id}::bigint, ${id}::bigint, ${item.kind}::text, thread_id, ${blobId}::uuid, ${item.size}::bigint, ${item.flags}::int,
        ${numbers}::int[], ${item.receivedAt}::timestamptz, ${change}::bigint, ${change}::bigint, ${item.digest ?? null}::bytea
      from thread
    ), new_summary as (
      insert into item_summary (account_id, item_id, sealed)
      select ${account.id}::bigint, ${id}::bigint, ${account.seal('item', id, item.summary)}::bytea from thread
    ), new_placement as (
      insert into placement (account_id, folder_id, uid, item_id, received_at, saved_at, is_deleted, change)
      select ${account.id}::bigint, folder_id, uid, ${id}::bigint, ${item.receivedAt}::timestamptz, ${now()}::timestamptz,
        ${item.isDeleted ?? false}::boolean, ${change}::bigint from uid
    ), new_keys as (
      insert into thread_key (account_id, key, thread_id)
      select ${account.id}::bigint, key, thread_id from thread, unnest(${keys}::bytea[]) as key
      on conflict do nothing
    )
    select thread_id, (select array_agg(folder_id order by folder_id) from uid) as folder_ids,
      (select array_agg(uid order by folder_id) from uid) as uids
    from thread`
  const [added] = rows
  if (added === undefined) throw new Refusal('notFound', { fields: ['folders'] })
  const { thread_id: threadId, folder_ids: folderIds, uids } = added
  touchItems(tx, item.kind, [id])
  for (const folderId of folders) touchThread(tx, item.kind, folderId, threadId)
  return { id, threadId, uids: new Map(folderIds.map((folderId, i) => [folderId, uids[i] as number])) }
}

type Whole = NewItem & { blob: PreparedBlob }

/** An item with what it gets here. */
interface Row {
  item: Whole
  id: number
  threadId: number
  keywords: number[]
}

/** What `insert` does, for many at once: the threads are found first, for an item may begin the one that the next joins. */
async function insertMany(
  tx: Transaction,
  items: readonly Whole[],
  numbers: ReadonlyMap<string, number> | undefined,
): Promise<AddedItem[]> {
  const { account, sql, change } = tx
  await checkFolders(tx, items)
  const threads = await findThreads(tx, items)
  const rows = items.map((item, i): Row => {
    const keywords = (item.keywords ?? []).map((name) => numbers?.get(name) as number)
    return { item, keywords, ...(threads.items[i] as Pick<Row, 'id' | 'threadId'>) }
  })
  /** How many of them each folder has before. */
  const counts = new Map<number, number>()
  const placements = rows.flatMap((row) =>
    [...new Set(row.item.folders)].map((folder) => {
      const number = counts.get(folder) ?? 0
      counts.set(folder, number + 1)
      return { ...row, folder, number }
    }),
  )
  // Contents travel as they are; in a list they would be text.
  const contents = rows.map(({ item }) => account.blobs.insert(sql, account.id, item.blob))
  const [{ rows: first }] = await Promise.all([
    sql<{ folder_id: number; first: number }>`
      with uid as (
        update folder f set uid_next = f.uid_next + n.count
        from unnest(${[...counts.keys()]}::bigint[], ${[...counts.values()]}::int[]) as n (folder_id, count)
        where f.account_id = ${account.id} and f.folder_id = n.folder_id
        returning f.folder_id, f.uid_next - n.count as first
      ), new_item as (
        insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, keywords, received_at, created_change, change, digest)
        select ${account.id}::bigint, i.item_id, i.kind, i.thread_id, i.blob_id, i.size, i.flags, i.keywords::int[], i.received_at,
          ${change}::bigint, ${change}::bigint, i.digest
        from unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ item }) => item.kind)}::text[],
          ${rows.map(({ threadId }) => threadId)}::bigint[], ${rows.map(({ item }) => item.blob.ref.id)}::uuid[],
          ${rows.map(({ item }) => item.size)}::bigint[], ${rows.map(({ item }) => item.flags)}::int[],
          ${rows.map(({ keywords }) => `{${keywords.join(',')}}`)}::text[],
          ${rows.map(({ item }) => item.receivedAt)}::timestamptz[], ${rows.map(({ item }) => item.digest ?? null)}::bytea[])
          as i (item_id, kind, thread_id, blob_id, size, flags, keywords, received_at, digest)
      ), new_summary as (
        insert into item_summary (account_id, item_id, sealed)
        select ${account.id}::bigint, s.item_id, s.sealed
        from unnest(${rows.map(({ id }) => id)}::bigint[], ${rows.map(({ id, item }) => account.seal('item', id, item.summary))}::bytea[])
          as s (item_id, sealed)
      ), new_placement as (
        insert into placement (account_id, folder_id, uid, item_id, received_at, saved_at, is_deleted, change)
        select ${account.id}::bigint, p.folder_id, uid.first + p.number, p.item_id, p.received_at, ${now()}::timestamptz, p.is_deleted,
          ${change}::bigint
        from unnest(${placements.map(({ folder }) => folder)}::bigint[], ${placements.map(({ number }) => number)}::int[],
          ${placements.map(({ id }) => id)}::bigint[], ${placements.map(({ item }) => item.receivedAt)}::timestamptz[],
          ${placements.map(({ item }) => item.isDeleted ?? false)}::boolean[])
          as p (folder_id, number, item_id, received_at, is_deleted)
        join uid on uid.folder_id = p.folder_id
      ), new_keys as (
        insert into thread_key (account_id, key, thread_id)
        select ${account.id}::bigint, k.key, k.thread_id
        from unnest(${threads.keys}::bytea[], ${threads.of}::bigint[]) as k (key, thread_id)
        on conflict do nothing
      )
      select folder_id, first from uid`,
    ...contents,
  ])
  const uids = new Map(first.map((row) => [row.folder_id, row.first]))
  const added = new Map(rows.map(({ id, threadId }) => [id, { id, threadId, uids: new Map<number, number>() }]))
  for (const { id, threadId, folder, number, item } of placements) {
    added.get(id)?.uids.set(folder, (uids.get(folder) as number) + number)
    touchItems(tx, item.kind, [id])
    touchThread(tx, item.kind, folder, threadId)
  }
  return [...added.values()]
}

/** @throws Refusal 'notFound', 'invalid', before anything is written: whoever asked may go on with this transaction */
async function checkFolders({ account, sql }: Transaction, items: readonly Whole[]): Promise<void> {
  if (items.some(({ folders }) => folders.length === 0)) throw new Refusal('invalid', { fields: ['folders'] })
  const wanted = [...new Set(items.flatMap(({ folders }) => folders))]
  const { rows } = await sql<{ folder_id: number; kind: string }>`
    select folder_id, kind from folder where account_id = ${account.id} and folder_id = any(${wanted}::bigint[])`
  const kinds = new Map(rows.map((row) => [row.folder_id, row.kind]))
  if (items.some(({ folders, kind }) => folders.some((folder) => kinds.get(folder) !== kind)))
    throw new Refusal('notFound', { fields: ['folders'] })
}

/** The oldest thread that shares a key with each item, those that the items before it begin included. */
async function findThreads({ account, sql }: Transaction, items: readonly Whole[]) {
  const keysOf = items.map(({ threadKeys = [] }) =>
    threadKeys.slice(0, THREAD_KEYS).map((key) => account.lookupKey('thread', key)),
  )
  const { rows } = await sql<{ key: Buffer; thread_id: number }>`
    select key, thread_id from thread_key where account_id = ${account.id} and key = any(${keysOf.flat()}::bytea[])`
  const known = new Map(rows.map((row) => [row.key.toString('base64url'), row.thread_id]))
  const fresh: { keys: Buffer[]; of: number[] } = { keys: [], of: [] }
  const found = keysOf.map((keys) => {
    const id = newId()
    const names = keys.map((key) => key.toString('base64url'))
    const threads = names.flatMap((name) => known.get(name) ?? [])
    const threadId = threads.length === 0 ? id : Math.min(...threads)
    for (const [i, name] of names.entries()) {
      if (known.has(name)) continue
      known.set(name, threadId)
      fresh.keys.push(keys[i] as Buffer)
      fresh.of.push(threadId)
    }
    return { id, threadId }
  })
  return { items: found, ...fresh }
}

async function numbersOf(tx: Transaction, names: readonly string[]): Promise<number[]> {
  const { numbers } = await numberKeywords(tx, names)
  return names.map((name) => numbers.get(name) as number)
}

/** What nobody used may have gone since it was found. */
async function checkBlob({ account, sql }: Transaction, blobId: string): Promise<void> {
  const { rowCount } = await sql`select from blob where account_id = ${account.id} and blob_id = ${blobId}`
  if (rowCount === 0) throw new Refusal('notFound', { fields: ['blob'] })
}
