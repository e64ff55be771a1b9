import type { OpenAccount } from '#storage'

/** What stands in a folder: ids in the order of UIDs, and which of them are marked `\Deleted`. */
export interface Listing {
  folderId: number
  items: Float64Array
  /** Indexes in `items`. */
  deleted: Set<number>
  /** Bytes of all items together, as they came. */
  size: number
}

/**
 * What stands in folders, all as of one moment, in one statement: 8 bytes for each item.
 * @param folderId  one of them; undefined for all
 */
export async function listPlaced(account: OpenAccount, kind: string, folderId?: number): Promise<Listing[]> {
  const { rows } = await account.sql<{ folder_id: number; items: Buffer; deleted: number[]; size: number }>`
    select placed.folder_id, string_agg(int8send(placed.item_id), '' order by placed.uid) as items,
      coalesce(array_agg(placed.number) filter (where placed.is_deleted), '{}') as deleted, sum(placed.size)::bigint as size
    from (
      select p.folder_id, p.uid, p.item_id, p.is_deleted, i.size,
        row_number() over (partition by p.folder_id order by p.uid) - 1 as number
      from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
      where p.account_id = ${account.id} and i.kind = ${kind} and (${folderId ?? null}::bigint is null or p.folder_id = ${folderId ?? null})
    ) as placed
    group by placed.folder_id order by placed.folder_id`
  return rows.map(({ folder_id: folder, items, deleted, size }) => ({
    folderId: folder,
    items: Float64Array.from({ length: items.length / 8 }, (_, at) => Number(items.readBigInt64BE(at * 8))),
    deleted: new Set(deleted.map(Number)),
    size,
  }))
}
