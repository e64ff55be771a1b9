import { now } from '#system'
import type { BlobRef, OpenAccount, Transaction } from '#storage'
import type { UploadDetail } from './find.ts'

/** Uploads that nothing has used yet, of one account: how many, and how many bytes of content. */
export const MOST_UPLOADS = { files: 200, bytes: 500_000_000 }

/**
 * Keeps content until something uses it. When there is too much of it, the oldest makes room (RFC 8620 §6).
 * @param type  its media type, as the client gave it
 * @throws what `content` throws; Refusal 'unavailable' when the disk is full
 */
export async function addUpload(
  account: OpenAccount,
  type: string,
  content: AsyncIterable<Uint8Array> | Uint8Array,
): Promise<BlobRef> {
  const blob = await account.blobs.prepare(account.id, content)
  const { id, key, size } = blob.ref
  const detail: UploadDetail = { key, type }
  const replaced = await account.write(async (tx) => {
    const gone = await makeRoom(tx, size)
    await Promise.all([
      account.blobs.insert(tx.sql, account.id, blob),
      tx.sql`
        insert into upload (account_id, blob_id, size, sealed, created_at)
        values (${account.id}, ${id}, ${size}, ${account.seal('upload', id, JSON.stringify(detail))}, ${now()})`,
    ])
    return gone
  })
  // A file goes after its row; the sweep takes what a crash leaves.
  for (const blobId of replaced) await account.blobs.removeFile(account.id, blobId)
  return blob.ref
}

/** Removes the oldest uploads until another one fits. Gives the blobs that went. */
async function makeRoom({ sql, account }: Transaction, size: number): Promise<string[]> {
  const { rows } = await sql<{ blob_id: string }>`
    with newest as (
      select blob_id, row_number() over latest as number, sum(size) over latest as bytes
      from upload where account_id = ${account.id}
      window latest as (order by created_at desc, blob_id)
    ), dropped as (
      delete from upload u using newest n
      where u.account_id = ${account.id} and u.blob_id = n.blob_id
        and (n.number >= ${MOST_UPLOADS.files} or n.bytes + ${size}::bigint > ${MOST_UPLOADS.bytes})
      returning u.blob_id
    )
    delete from blob b using dropped d
    where b.account_id = ${account.id} and b.blob_id = d.blob_id
      and not exists (select from item i where i.account_id = b.account_id and i.blob_id = b.blob_id)
    returning b.blob_id`
  return rows.map((row) => row.blob_id)
}
