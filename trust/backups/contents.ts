import { Refusal } from '#system'
import { fragment as f, type Fragment, type Snapshot, type Storage } from '#storage'
import type { ObjectWriter, StoredObject } from './objects.ts'
import type { Content } from './part.ts'

/** Sealed bytes of contents that stand in one object. A larger content has an object of its own. */
const PACK_BYTES = 8 * 1024 * 1024

/** A pack of which less than this share is still needed is written anew, so that what was erased does not fill the target. */
const LEAST_NEEDED = 0.5

/** Contents of a part, and the packs that hold them. */
export interface Packed {
  contents: Content[]
  packs: StoredObject[]
}

interface BlobRow {
  account_id: number
  blob_id: string
  sealed_size: number
  is_file: boolean
  created_at: Date
}

/**
 * Has the sealed contents of some blobs in packs: those that an earlier backup has written stay where they are, the others
 * are copied as they stand. A blob never changes.
 * @param which  a query for `account_id` and `blob_id`
 * @param before  the same part in the backup before
 */
export async function packContents(
  { snapshot, storage, objects }: { snapshot: Snapshot; storage: Pick<Storage, 'blobs'>; objects: ObjectWriter },
  which: Fragment,
  before: Packed = { contents: [], packs: [] },
): Promise<Packed> {
  const { rows } = await snapshot.sql<BlobRow>`
    select b.account_id, b.blob_id, b.sealed_size, b.content is null as is_file, b.created_at
    from (${which}) as wanted
    join blob b on b.account_id = wanted.account_id and b.blob_id = wanted.blob_id
    order by b.created_at, b.blob_id`
  const known = new Map(before.contents.map((content) => [`${content.account}/${content.blob}`, content]))
  const needed = before.packs.map(() => 0)
  for (const row of rows) {
    const content = known.get(`${row.account_id}/${row.blob_id}`)
    if (content !== undefined) needed[content.pack] = (needed[content.pack] ?? 0) + content.length
  }
  const stays = before.packs.map((pack, i) => (needed[i] as number) >= pack.size * LEAST_NEEDED)
  const packs = before.packs.filter((_, i) => stays[i])
  const numberOf = new Map(before.packs.flatMap((pack, i) => (stays[i] ? [[i, packs.indexOf(pack)] as const] : [])))

  const contents: Content[] = []
  const small: BlobRow[] = []
  const add = (row: BlobRow, pack: number, offset: number): void => {
    const { account_id: account, blob_id: blob, sealed_size: length, is_file: isFile, created_at: createdAt } = row
    contents.push({ account, blob, pack, offset, length, isFile, createdAt: createdAt.getTime() })
  }
  for (const row of rows) {
    const content = known.get(`${row.account_id}/${row.blob_id}`)
    const pack = content === undefined ? undefined : numberOf.get(content.pack)
    if (content !== undefined && pack !== undefined) contents.push({ ...content, pack })
    else if (row.is_file) {
      const file = await copyFile({ storage, objects }, row)
      if (file !== undefined) add(row, packs.push(file) - 1, 0)
    } else small.push(row)
  }

  for (let at = 0; at < small.length;) {
    const some: BlobRow[] = []
    for (let size = 0; at < small.length && (some.length === 0 || size + sizeOf(small[at]) <= PACK_BYTES); at++) {
      size += sizeOf(small[at])
      some.push(small[at] as BlobRow)
    }
    const bytes = await readContents(snapshot, some)
    const held = some.flatMap((row) => bytes.get(`${row.account_id}/${row.blob_id}`) ?? [])
    const pack = packs.push(await objects.put(held)) - 1
    let offset = 0
    for (const row of some) {
      add(row, pack, offset)
      offset += row.sealed_size
    }
  }
  return { contents, packs }
}

const sizeOf = (row: BlobRow | undefined): number => row?.sealed_size ?? 0

/** A file whose row the snapshot has may be gone meanwhile: what it belonged to has left, or was replaced by a program. */
async function copyFile(
  { storage, objects }: { storage: Pick<Storage, 'blobs'>; objects: ObjectWriter },
  row: BlobRow,
): Promise<StoredObject | undefined> {
  try {
    return await objects.put(storage.blobs.sealedFile(row.account_id, row.blob_id))
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'notFound') return undefined
    throw error
  }
}

async function readContents({ sql }: Snapshot, rows: BlobRow[]): Promise<Map<string, Buffer>> {
  const found = new Map<string, Buffer>()
  for (const [account, of] of Map.groupBy(rows, (row) => row.account_id)) {
    const { rows: contents } = await sql.bytes<{ id: Buffer; content: Buffer }>`
      select uuid_send(blob_id) as id, content from blob
      where account_id = ${account} and blob_id = any(${of.map((row) => row.blob_id)}::uuid[])`
    for (const { id, content } of contents) found.set(`${account}/${uuid(id)}`, content)
  }
  return found
}

const uuid = (bytes: Buffer): string =>
  bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** The contents of items, of what is held, and of letters on their way. */
export const contentsOf = {
  page: (rows: Fragment): Fragment => f`select distinct account_id, blob_id from item t where ${rows}`,
  account: (stories: Fragment, held: Fragment): Fragment =>
    f`select distinct account_id, blob_id from story t where ${stories} and blob_id is not null
      union select account_id, blob_id from held_letter t where ${held}`,
  service: f`select 0::bigint as account_id, blob_id from queue_letter
    union all select 0::bigint, blob_id from legal_file`,
}
