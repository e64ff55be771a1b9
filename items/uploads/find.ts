import type { BlobRef, OpenAccount, Transaction } from '#storage'

export interface Upload {
  ref: BlobRef
  /** The media type as it was given. */
  type: string
}

/** What is sealed in an upload's row. */
export type UploadDetail = Pick<BlobRef, 'key'> & Pick<Upload, 'type'>

/** @param blobId  the blob's id, a UUID */
export async function findUpload(account: OpenAccount, blobId: string): Promise<Upload | undefined> {
  const { rows } = await account.sql<{ size: number; sealed: Buffer }>`
    select size, sealed from upload where account_id = ${account.id} and blob_id = ${blobId}`
  const [row] = rows
  if (row === undefined) return undefined
  const { key, type } = JSON.parse(account.open('upload', blobId, row.sealed).toString()) as UploadDetail
  return { ref: { id: blobId, key, size: row.size }, type }
}

/** All of an account, the oldest first: they are bounded (add.ts). */
export async function listUploads(account: OpenAccount): Promise<(Upload & { createdAt: Date })[]> {
  const { rows } = await account.sql<{ blob_id: string; size: number; sealed: Buffer; created_at: Date }>`
    select blob_id, size, sealed, created_at from upload where account_id = ${account.id} order by created_at, blob_id`
  return rows.map(({ blob_id: id, size, sealed, created_at: createdAt }) => {
    const { key, type } = JSON.parse(account.open('upload', id, sealed).toString()) as UploadDetail
    return { ref: { id, key, size }, type, createdAt }
  })
}

/** Forgets that a blob was uploaded, in the transaction that gives it to an item. The blob itself stays. */
export async function dropUpload(tx: Transaction, blobId: string): Promise<void> {
  await tx.sql`delete from upload where account_id = ${tx.account.id} and blob_id = ${blobId}`
}
