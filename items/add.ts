import { now, Refusal } from '#system'
import { newId, type PreparedBlob, type Transaction } from '#storage'
import { numberKeywords } from './keywords.ts'
import { nextUid, touchThread } from './settle.ts'

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
  receivedAt: Date
  /** What lists need, in the kind's own form, with the key of the blob in it. It is sealed here. */
  summary: string | Uint8Array
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
 * Adds an item with its content to folders, in one transaction with them.
 * @throws Refusal 'notFound' when a folder or, with the field `blob`, an existing blob is not there
 */
export async function addItem(tx: Transaction, item: NewItem): Promise<AddedItem> {
  const { account, sql, change } = tx
  if (item.folders.length === 0) throw new Refusal('invalid', { fields: ['folders'] })
  const id = newId()
  const keys = (item.threadKeys ?? []).slice(0, THREAD_KEYS).map((key) => account.lookupKey('thread', key))
  const [threadId, uids, keywords] = await Promise.all([
    threadOf(tx, keys, id),
    uidsIn(tx, item),
    item.keywords === undefined || item.keywords.length === 0 ? undefined : numberKeywords(tx, item.keywords),
  ])
  const numbers = (item.keywords ?? []).map((name) => keywords?.numbers.get(name) as number)
  if ('existingId' in item.blob) await checkBlob(tx, item.blob.existingId)
  const blobId = 'existingId' in item.blob ? item.blob.existingId : item.blob.ref.id

  // One statement: each further one would cost as much again in overhead as in work.
  const content = 'existingId' in item.blob ? undefined : item.blob
  await sql`
    with new_blob as (
      insert into blob (account_id, blob_id, sealed_size, content, created_at)
      select ${account.id}, ${blobId}::uuid, ${content?.sealedSize ?? 0}, ${content?.content ?? null}, ${now()}
      where ${content !== undefined}
    ), new_item as (
      insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, keywords, received_at, summary, created_change, change)
      values (${account.id}, ${id}, ${item.kind}, ${threadId}, ${blobId}::uuid, ${item.size}, ${item.flags}, ${numbers}::int[],
        ${item.receivedAt}::timestamptz, ${account.seal('item', id, item.summary)}, ${change}, ${change})
    ), new_placement as (
      insert into placement (account_id, folder_id, uid, item_id, received_at, change)
      select ${account.id}, p.folder_id, p.uid, ${id}, ${item.receivedAt}::timestamptz, ${change}
      from unnest(${[...uids.keys()]}::bigint[], ${[...uids.values()]}::bigint[]) as p (folder_id, uid)
    )
    insert into thread_key (account_id, key, thread_id)
    select ${account.id}, key, ${threadId} from unnest(${keys}::bytea[]) as key
    on conflict do nothing`
  for (const folderId of uids.keys()) touchThread(tx, item.kind, folderId, threadId)
  return { id, threadId, uids }
}

/** What nobody used may have gone since it was found. */
async function checkBlob({ account, sql }: Transaction, blobId: string): Promise<void> {
  const { rowCount } = await sql`select from blob where account_id = ${account.id} and blob_id = ${blobId}`
  if (rowCount === 0) throw new Refusal('notFound', { fields: ['blob'] })
}

/** The oldest thread that shares a key, or a new one named like its first item. */
async function threadOf(tx: Transaction, keys: Buffer[], itemId: number): Promise<number> {
  if (keys.length === 0) return itemId
  const { rows } = await tx.sql<{ thread_id: number }>`
    select min(thread_id) as thread_id from thread_key where account_id = ${tx.account.id} and key = any(${keys}::bytea[])`
  return rows[0]?.thread_id ?? itemId
}

async function uidsIn(tx: Transaction, item: NewItem): Promise<Map<number, number>> {
  const uids = new Map<number, number>()
  for (const folderId of new Set(item.folders)) uids.set(folderId, await nextUid(tx, item.kind, folderId))
  return uids
}
