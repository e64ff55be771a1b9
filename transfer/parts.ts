import type { BlobRef, OpenAccount } from '#storage'
import { now, Refusal } from '#system'
import type { Source } from './source.ts'

/** Bytes of one part of an upload: what is lost when the line breaks. */
export const MOST_PART = 16 * 1024 * 1024

/**
 * Keeps the next part of a file, sealed. With the last one the import begins.
 * @param at  where in the file it begins: as much of it as is here
 * @returns bytes that are here now
 * @throws Refusal 'notFound'; 'exists' when it begins elsewhere, or goes beyond the end; 'tooLarge'; 'unavailable'; what `content` throws
 */
export async function addPart(
  account: OpenAccount,
  id: number,
  at: number,
  content: AsyncIterable<Uint8Array>,
): Promise<number> {
  if ((await receivedOf(account, id)) !== at) throw new Refusal('exists')
  const blob = await account.blobs.prepare(account.id, content)
  const { id: blobId, key, size } = blob.ref
  try {
    if (size === 0) throw new Refusal('invalid', { fields: ['size'] })
    return await account.write(async ({ sql }) => {
      const { rows } = await sql<{ received: number }>`
        update transfer set received = received + ${size}::bigint, changed_at = ${now()},
          state = case when received + ${size}::bigint = size then 'waiting' else state end
        where account_id = ${account.id} and transfer_id = ${id} and state = 'uploading' and received = ${at}
          and received + ${size}::bigint <= size
        returning received`
      if (rows[0] === undefined) throw new Refusal('exists')
      await account.blobs.insert(sql, account.id, blob)
      await sql`
        insert into transfer_part (account_id, transfer_id, at, size, blob_id, sealed)
        values (${account.id}, ${id}, ${at}, ${size}, ${blobId}, ${account.seal('transfer_part', blobId, key)})`
      return rows[0].received
    })
  } catch (error) {
    await account.blobs.removeFile(account.id, blobId)
    throw error
  }
}

async function receivedOf(account: OpenAccount, id: number): Promise<number> {
  const { rows } = await account.sql<{ received: number }>`
    select received from transfer where account_id = ${account.id} and transfer_id = ${id} and state = 'uploading'`
  if (rows[0] === undefined) throw new Refusal('notFound')
  return rows[0].received
}

/** What was uploaded, to be read from anywhere. */
export async function openParts(account: OpenAccount, id: number, size: number): Promise<Source> {
  const { rows } = await account.sql<{ at: number; size: number; blob_id: string; sealed: Buffer }>`
    select at, size, blob_id, sealed from transfer_part
    where account_id = ${account.id} and transfer_id = ${id} order by at`
  const parts = rows.map((row) => ({
    at: row.at,
    ref: {
      id: row.blob_id,
      key: account.open('transfer_part', row.blob_id, row.sealed).toString(),
      size: row.size,
    } satisfies BlobRef,
  }))
  return {
    size,
    async *read(start, end) {
      for (const { at, ref } of parts) {
        if (at + ref.size <= start) continue
        if (at >= end) return
        yield* account.blobs.stream(account.sql, account.id, ref, Math.max(0, start - at), Math.min(ref.size, end - at))
      }
    },
  }
}

/** Lets go of what was uploaded. */
export async function removeParts(account: OpenAccount, id: number): Promise<void> {
  const { rows } = await account.sql<{ blob_id: string }>`
    with dropped as (
      delete from transfer_part where account_id = ${account.id} and transfer_id = ${id} returning blob_id
    )
    delete from blob b using dropped d where b.account_id = ${account.id} and b.blob_id = d.blob_id returning b.blob_id`
  // A file goes after its row; the sweep takes what a crash leaves.
  for (const { blob_id: blobId } of rows) await account.blobs.removeFile(account.id, blobId)
}
