import { findUpload } from '#items'
import type { OpenAccount } from '#storage'
import type { BlobResolver, BlobSource } from '../capability.ts'

/** A blobId of a whole blob: `B` and its UUID without dashes. Other kinds begin with another letter. */
export const blobIdOf = (id: string): string => `B${id.replaceAll('-', '')}`

/** The UUID in such a blobId; undefined when it is none. */
export function uuidOf(blobId: string): string | undefined {
  const match = /^B([\da-f]{8})([\da-f]{4})([\da-f]{4})([\da-f]{4})([\da-f]{12})$/.exec(blobId)
  return match?.slice(1).join('-')
}

/** What was uploaded and is not yet used. */
export const findUploaded: BlobResolver = async (account, blobId) => {
  const id = uuidOf(blobId)
  const upload = id === undefined ? undefined : await findUpload(account, id)
  if (upload === undefined) return undefined
  const { ref, type } = upload
  return {
    type,
    size: ref.size,
    stream: (start, end) => account.blobs.stream(account.sql, account.id, ref, start, end),
  }
}

/** Asks one resolver after the other. */
export async function findBlob(
  resolvers: readonly BlobResolver[],
  account: OpenAccount,
  blobId: string,
): Promise<BlobSource | undefined> {
  for (const resolve of resolvers) {
    const found = await resolve(account, blobId)
    if (found !== undefined) return found
  }
  return undefined
}
