import type { Transaction } from '#storage'
import { deletionOf } from './deleted/deletion.ts'
import { AT_ONCE, findPlacements, leave, stamp, type Placement } from './placements.ts'
import { touchContents, touchThread } from './settle.ts'

/**
 * Takes items out of a folder for good. Those that are in no other folder are deleted: restorable, and their clock starts.
 * @param onlyMarked  leaves alone what does not carry `\Deleted` there
 * @returns the UIDs of those that were there, ascending
 */
export async function expungeItems(
  tx: Transaction,
  kind: string,
  folderId: number,
  uids: readonly number[],
  { onlyMarked }: { onlyMarked: boolean },
): Promise<number[]> {
  const gone: number[] = []
  const isLast = ({ folders }: Placement): boolean => folders.length === 1
  for (let at = 0; at < uids.length; at += AT_ONCE) {
    const there = await findPlacements(tx, kind, folderId, uids.slice(at, at + AT_ONCE))
    const leaving = onlyMarked ? there.filter((placement) => placement.is_deleted) : there
    if (leaving.length === 0) continue
    await Promise.all([
      leave(tx, kind, folderId, leaving, isLast),
      stamp(tx, kind, leaving),
      markDeleted(tx, folderId, leaving.filter(isLast)),
    ])
    for (const { uid, thread_id: threadId } of leaving) {
      gone.push(uid)
      touchThread(tx, kind, folderId, threadId)
    }
    // What stays in another folder has changed there.
    touchContents(tx, kind, [...new Set(leaving.flatMap(({ folders }) => folders))])
  }
  return gone
}

async function markDeleted(tx: Transaction, folderId: number, placements: readonly Placement[]): Promise<void> {
  if (placements.length === 0) return
  const { account, sql } = tx
  const deletion = await deletionOf(tx)
  deletion.items += placements.length
  deletion.folders.add(folderId)
  const ids = placements.map(({ item_id: id }) => id)
  await sql`
    update item set deleted_at = ${deletion.at}, deletion_id = ${deletion.id}
    where account_id = ${account.id} and item_id = any(${ids}::bigint[])`
}
