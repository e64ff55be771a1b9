import { findDeletedContent } from '#mail'
import type { BlobResolver, Capability } from '../capability.ts'
import { blobPathOf } from '../mail/ids.ts'
import { deletedItemMethods } from './items.ts'
import { deletionMethods } from './deletions.ts'
import { deviceMethods } from './devices.ts'
import { restore } from './restore.ts'

const findDeletedBlob: BlobResolver = async (account, blobId) => {
  const found = blobPathOf(blobId)
  return found && findDeletedContent(account, found.uuid, found.path)
}

/** What was deleted, and how it comes back (promise 14). docs/jmap-extensions.md. */
export const deleted: Capability = {
  uri: 'urn:zegel:deleted',
  needs: 'owner',
  server: () => ({}),
  account: (config) => ({ deletedDays: config.retention.deletedDays }),
  methods: [...deletedItemMethods, ...deletionMethods, ...deviceMethods, restore],
  blobs: [findDeletedBlob],
}
