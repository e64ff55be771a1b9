import type { Transaction } from '#storage'
import { enter } from '../placements.ts'
import { touchItems, touchThread } from '../settle.ts'
import { remakeFolder } from './folder.ts'
import { holdReturning, type Returning } from './places.ts'

/** Items that one transaction brings back. */
export const RESTORED_AT_ONCE = 500

/** What came back of items. */
export interface Restored {
  /** Items, and where each is now. */
  items: Map<number, number[]>
  /** How many things of each kind. */
  kinds: Map<string, number>
  /** Folders that were made again. */
  folders: number[]
}

/**
 * Brings deleted items back to where they lay, with flags and keywords as they were: the same items, under new UIDs. Folders that
 * are gone are made again. What is not deleted, or no longer restorable, is left alone, so that doing it twice does no harm.
 * @param ids  of RESTORED_AT_ONCE items at most
 * @throws Refusal 'tooManyItems' when the account has as many folders as it may
 */
export async function restoreItems(tx: Transaction, ids: readonly number[], since: Date, at?: Date): Promise<Restored> {
  return putBack(tx, await holdReturning(tx, ids, since, at))
}

/** Puts items that are held into their folders. */
export async function putBack(tx: Transaction, returning: readonly Returning[]): Promise<Restored> {
  const { account, sql, change } = tx
  const restored: Restored = { items: new Map(), kinds: new Map(), folders: [] }
  if (returning.length === 0) return restored
  const { places, made } = await foldersFor(tx, returning)
  restored.folders.push(...made)
  const back = returning.filter(({ id }) => (places.get(id) ?? []).length > 0)
  const ids = back.map(({ id }) => id)
  // Created anew for whoever has heard that they are gone (changes.ts).
  await sql`
    update item set deleted_at = null, deletion_id = null, created_change = ${change}, change = ${change}
    where account_id = ${account.id} and item_id = any(${ids}::bigint[])`
  const byFolder = new Map<number, Returning[]>()
  for (const item of back)
    for (const folderId of places.get(item.id) as number[]) {
      const items = byFolder.get(folderId) ?? []
      byFolder.set(folderId, items)
      items.push(item)
    }
  for (const [folderId, items] of byFolder)
    await enter(
      tx,
      folderId,
      items.map(({ id }) => id),
    )
  for (const [kind, items] of Map.groupBy(back, (item) => item.kind)) {
    touchItems(
      tx,
      kind,
      items.map(({ id }) => id),
    )
    restored.kinds.set(kind, items.length)
  }
  for (const { id, kind, threadId } of back) {
    for (const folderId of places.get(id) as number[]) touchThread(tx, kind, folderId, threadId)
    restored.items.set(id, places.get(id) as number[])
  }
  return restored
}

/** The folders in which items are to lie, all of them there now; what is nowhere known goes to the inbox of its kind. */
async function foldersFor(
  tx: Transaction,
  returning: readonly Returning[],
): Promise<{ places: Map<number, number[]>; made: number[] }> {
  const { rows } = await tx.sql<{ folder_id: number; kind: string; role: string | null }>`
    select folder_id, kind, role from folder where account_id = ${tx.account.id} order by folder_id`
  const there = new Map(rows.map((row) => [row.folder_id, row.kind]))
  const made: number[] = []
  const gone = new Set<number>()
  for (const { kind, folders } of returning)
    for (const id of folders) {
      if (there.has(id) || gone.has(id)) continue
      const remade = await remakeFolder(tx, id)
      if (remade.length === 0) gone.add(id)
      for (const one of remade) there.set(one, kind)
      made.push(...remade)
    }
  const lastResort = (kind: string): number | undefined =>
    (rows.find((row) => row.kind === kind && row.role === 'inbox') ?? rows.find((row) => row.kind === kind))?.folder_id
  const places = new Map<number, number[]>()
  for (const { id, kind, folders } of returning) {
    const known = folders.filter((folder) => there.get(folder) === kind)
    const last = known.length > 0 ? undefined : lastResort(kind)
    places.set(id, last === undefined ? known : [last])
  }
  return { places, made }
}
