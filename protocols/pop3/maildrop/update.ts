import { removeFromMailbox } from '#mail'
import type { OpenAccount } from '#storage'
import type { Maildrop } from './maildrop.ts'

/** Messages of one transaction. */
const SLICE = 1000

/**
 * Takes what was marked out of the inbox: deleted, and restorable like all that is deleted; what stands in another mailbox as
 * well stays there. RFC 1939 §6.
 */
export async function removeMarked(account: OpenAccount, maildrop: Maildrop): Promise<void> {
  const items = await maildrop.marked()
  for (let at = 0; at < items.length; at += SLICE)
    await account.write((tx) => removeFromMailbox(tx, maildrop.view.folderId, items.slice(at, at + SLICE)))
}
