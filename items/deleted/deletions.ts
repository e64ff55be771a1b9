import type { OpenAccount } from '#storage'

/** What one device deleted at one time. */
export interface PastDeletion {
  id: number
  at: Date
  lastAt: Date
  /** Things that it took away. */
  count: number
  /** Of them those that can still be brought back. */
  left: number
  /** Of those left, the newest few. */
  newest: number[]
  /** Where they lay; of very many folders, some. */
  folders: number[]
  /** Of these, folders that went with it and are still gone. */
  removedFolders: number[]
  /** As the actor described itself; undefined when that is not known, or nobody but the service did it. */
  device: object | undefined
  /** Whether its owner was told that it is a large one, and has not said that it was meant. */
  isAsked: boolean
}

interface Row {
  deletion_id: number
  at: Date
  last_at: Date
  items: number
  folders: number[]
  device: Buffer | null
  is_asked: boolean
  left_over: number
  newest: number[]
  removed: number[]
}

/** Items that are named of each deletion. */
const MOST_NEWEST = 3

/**
 * Deletions of which something can still be brought back, the last first; those with these ids, or a page of all.
 * @param which  `untold`: of which their owner has not been told as of large ones
 */
export async function readDeletions(
  account: OpenAccount,
  wanted: { ids: readonly number[] } | { offset: number; limit: number },
  since: Date,
  which: 'all' | 'untold' = 'all',
): Promise<PastDeletion[]> {
  const [ids, offset, limit] =
    'ids' in wanted ? [[...wanted.ids], 0, wanted.ids.length] : [null, wanted.offset, wanted.limit]
  const { rows } = await account.sql<Row>`
    select d.deletion_id, d.at, d.last_at, d.items, d.folders, d.device, d.told_at is not null and not d.is_meant as is_asked,
      l.left_over, r.removed, n.newest
    from deletion d
    cross join lateral (
      select count(*) as left_over from item i
      where i.account_id = ${account.id} and i.deleted_at is not null and not i.is_replaced
        and i.deleted_at between greatest(d.at, ${since}::timestamptz) and d.last_at and i.deletion_id = d.deletion_id offset 0) as l
    cross join lateral (
      select array(select i.item_id from item i
        where i.account_id = ${account.id} and i.deleted_at is not null and not i.is_replaced
          and i.deleted_at between greatest(d.at, ${since}::timestamptz) and d.last_at and i.deletion_id = d.deletion_id
        order by i.deleted_at desc, i.item_id desc limit ${MOST_NEWEST}) as newest offset 0) as n
    cross join lateral (
      select array(select folder_id from removed_folder f
        where f.account_id = ${account.id} and f.deletion_id = d.deletion_id order by folder_id) as removed offset 0) as r
    where d.account_id = ${account.id} and d.last_at >= ${since}
      and (${ids}::bigint[] is null or d.deletion_id = any(${ids}::bigint[]))
      and (${which === 'all'}::boolean or (d.told_at is null and not d.is_meant))
      and (l.left_over > 0 or cardinality(r.removed) > 0)
    order by d.last_at desc, d.deletion_id desc offset ${offset} limit ${limit}`
  return rows.map((row) => ({
    id: row.deletion_id,
    at: row.at,
    lastAt: row.last_at,
    count: row.items,
    left: row.left_over,
    newest: row.newest,
    folders: row.folders,
    removedFolders: row.removed,
    device: deviceOf(account, row),
    isAsked: row.is_asked,
  }))
}

function deviceOf(account: OpenAccount, { deletion_id: id, device }: Row): object | undefined {
  if (device === null) return undefined
  return (JSON.parse(account.open('deletion', id, device).toString()) as object | null) ?? undefined
}

/** Its owner says that a large deletion was meant: nobody asks about it again. @returns whether there is such a one */
export async function confirmDeletion(account: OpenAccount, id: number): Promise<boolean> {
  const { rowCount } = await account.sql`
    update deletion set is_meant = true where account_id = ${account.id} and deletion_id = ${id}`
  return rowCount > 0
}

/** A folder that something deleted lay in. */
export interface KnownFolder {
  kind: string
  role: string | undefined
  /** Its name, behind those of its parents. */
  path: string[]
  /** Whether it is there now, and not removed. */
  isThere: boolean
}

/** Removed folders that are known by name; older ones are nameless. */
const MOST_REMOVED = 5000
const DEEPEST = 40

/** All folders of an account, those that were removed and can be made again too. */
export async function knownFolders(account: OpenAccount): Promise<Map<number, KnownFolder>> {
  const { rows } = await account.sql<{
    folder_id: number
    kind: string
    role: string | null
    parent_id: number
    name: Buffer
    is_there: boolean
  }>`
    select folder_id, kind, role, parent_id, name, true as is_there from folder where account_id = ${account.id}
    union all
    (select folder_id, kind, role, parent_id, name, false from removed_folder where account_id = ${account.id}
     order by at desc limit ${MOST_REMOVED})`
  const all = new Map(rows.map((row) => [row.folder_id, row]))
  const pathOf = (id: number, depth: number): string[] => {
    const row = all.get(id)
    if (row === undefined || depth > DEEPEST) return []
    return [...pathOf(row.parent_id, depth + 1), account.open('folder', id, row.name).toString()]
  }
  return new Map(
    rows.map(({ folder_id: id, kind, role, is_there: isThere }) => [
      id,
      { kind, role: role ?? undefined, path: pathOf(id, 0), isThere },
    ]),
  )
}
