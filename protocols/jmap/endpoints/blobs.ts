import { findUpload } from '#items'
import type { Registry } from '../calls/registry.ts'
import { reaches } from '../calls/rights.ts'
import type { BlobResolver, BlobSource } from '../capability.ts'
import type { Visitor } from '../context.ts'

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

/** Asks one resolver after the other, of those that are there for the visitor. */
export async function findBlob(
  resolvers: Registry['blobs'],
  visitor: Visitor,
  blobId: string,
): Promise<BlobSource | undefined> {
  for (const { resolve, needs } of resolvers) {
    const found = reaches(visitor, needs) ? await resolve(visitor.account, blobId) : undefined
    if (found !== undefined) return found
  }
  return undefined
}
