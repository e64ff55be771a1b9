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

/** Adds items that bring their content, in this order: their statements leave together. @throws as addItem */
export async function addItems(
  tx: Transaction,
  items: readonly (NewItem & { blob: PreparedBlob })[],
): Promise<AddedItem[]> {
  const names = new Set(items.flatMap((item) => item.keywords ?? []))
  const numbers = names.size === 0 ? undefined : (await numberKeywords(tx, names)).numbers
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

async function numbersOf(tx: Transaction, names: readonly string[]): Promise<number[]> {
  const { numbers } = await numberKeywords(tx, names)
  return names.map((name) => numbers.get(name) as number)
}

/** What nobody used may have gone since it was found. */
async function checkBlob({ account, sql }: Transaction, blobId: string): Promise<void> {
  const { rowCount } = await sql`select from blob where account_id = ${account.id} and blob_id = ${blobId}`
  if (rowCount === 0) throw new Refusal('notFound', { fields: ['blob'] })
}
