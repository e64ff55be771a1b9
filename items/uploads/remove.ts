import type { OpenAccount } from '#storage'

/** Removes an upload that nothing has used, with its content. */
export async function removeUpload(account: OpenAccount, blobId: string): Promise<void> {
  await account.write(async ({ sql }) => {
    await sql`
      with dropped as (
        delete from upload where account_id = ${account.id} and blob_id = ${blobId} returning blob_id
      )
      delete from blob b using dropped d
      where b.account_id = ${account.id} and b.blob_id = d.blob_id
        and not exists (select from item i where i.account_id = b.account_id and i.blob_id = b.blob_id)`
  })
  // A file goes after its row; the sweep takes what a crash leaves.
  await account.blobs.removeFile(account.id, blobId)
}
