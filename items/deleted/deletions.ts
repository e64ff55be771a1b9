import { fragment as f, type Fragment, type OpenAccount } from '#storage'
import type { DeletedThing } from './find.ts'

/** What one device deleted at one time. */
export interface PastDeletion {
  id: number
  at: Date
  lastAt: Date
  /** Things that it took away. */
  count: number
  /** Of them those that can still be brought back, of each kind. */
  left: Map<string, number>
  /** Of those left, items, and records that are earlier states. */
  leftItems: number
  leftStates: number
  /** Of those left, the newest few. */
  newest: DeletedThing[]
  /** Where they lay; of very many folders, some. */
  folders: number[]
  /** Of these, folders that went with it and are still gone. */
  removedFolders: number[]
  /** As the actor described itself; undefined when that is not known, or nobody but the service did it. */
  device: object | undefined
  deviceKey: Buffer | undefined
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
  device_key: Buffer | null
  is_asked: boolean
  left_over: Record<string, number>
  left_items: number
  left_states: number
  newest: DeletedThing[]
  removed: number[]
}

/** Which deletions are wanted, as conditions on a row `d` of them. */
const WHICH = {
  all: f`true`,
  untold: f`d.told_at is null and not d.is_meant`,
  asked: f`d.told_at is not null and not d.is_meant`,
} as const

/** Things that are named of each deletion. */
const MOST_NEWEST = 3

/**
 * Deletions of which something can still be brought back, the last first; those with these ids, or a page of all.
 * @param deviceKey  those by this device only
 * @param which  `untold`: of which their owner has not been told as of large ones; `asked`: has been, and has not said that they were meant
 */
export async function readDeletions(
  account: OpenAccount,
  wanted: { ids: readonly number[] } | { offset: number; limit: number },
  since: Date,
  which: keyof typeof WHICH = 'all',
  deviceKey?: Buffer,
): Promise<PastDeletion[]> {
  const [ids, offset, limit] =
    'ids' in wanted ? [[...wanted.ids], 0, wanted.ids.length] : [null, wanted.offset, wanted.limit]
  const { rows } = await account.sql<Row>`
    select d.deletion_id, d.at, d.last_at, d.items, d.folders, d.device, d.device_key, d.told_at is not null and not d.is_meant as is_asked,
      l.left_over, l.left_items, l.left_states, r.removed, n.newest
    from deletion d
    cross join lateral (
      select coalesce(jsonb_object_agg(kind, number), '{}') as left_over,
        coalesce(sum(number) filter (where store = 'item'), 0)::bigint as left_items, coalesce(sum(states), 0)::bigint as left_states
      from (
        select 'item' as store, i.kind, count(*) as number, 0 as states from item i where ${itemsLeft(account, since)} group by i.kind
        union all
        select 'record', r.kind, count(*), count(r.earlier_of) from record r where ${recordsLeft(account, since)} group by r.kind
      ) as kinds offset 0) as l
    cross join lateral (
      select coalesce(jsonb_agg(jsonb_build_object('store', store, 'id', id) order by at desc, id desc), '[]') as newest
      from (
        (select 'item' as store, i.item_id as id, i.deleted_at as at from item i where ${itemsLeft(account, since)}
          order by i.deleted_at desc, i.item_id desc limit ${MOST_NEWEST})
        union all
        (select 'record', r.record_id, r.removed_at from record r where ${recordsLeft(account, since)}
          order by r.removed_at desc, r.record_id desc limit ${MOST_NEWEST})
        order by at desc, id desc limit ${MOST_NEWEST}
      ) as things offset 0) as n
    cross join lateral (
      select array(select folder_id from removed_folder f
        where f.account_id = ${account.id} and f.deletion_id = d.deletion_id order by folder_id) as removed offset 0) as r
    where d.account_id = ${account.id} and d.last_at >= ${since}
      and (${ids}::bigint[] is null or d.deletion_id = any(${ids}::bigint[]))
      and (${deviceKey ?? null}::bytea is null or d.device_key = ${deviceKey ?? null}::bytea)
      and ${WHICH[which]}
      and (l.left_over <> '{}' or cardinality(r.removed) > 0)
    order by d.last_at desc, d.deletion_id desc offset ${offset} limit ${limit}`
  return rows.map((row) => ({
    id: row.deletion_id,
    at: row.at,
    lastAt: row.last_at,
    count: row.items,
    left: new Map(Object.entries(row.left_over)),
    leftItems: row.left_items,
    leftStates: row.left_states,
    newest: row.newest,
    folders: row.folders,
    removedFolders: row.removed,
    device: deviceOf(account, row),
    deviceKey: row.device_key ?? undefined,
    isAsked: row.is_asked,
  }))
}

/** Of a deletion `d`, the items and the records that can still be brought back. */
const itemsLeft = (account: OpenAccount, since: Date): Fragment => f`
  i.account_id = ${account.id} and i.deleted_at is not null and not i.is_replaced
    and i.deleted_at between greatest(d.at, ${since}::timestamptz) and d.last_at and i.deletion_id = d.deletion_id`
const recordsLeft = (account: OpenAccount, since: Date): Fragment => f`
  r.account_id = ${account.id} and r.deletion_id is not null
    and r.removed_at between greatest(d.at, ${since}::timestamptz) and d.last_at and r.deletion_id = d.deletion_id`

/** A device that has deleted something which can still be brought back. */
export interface PastDevice {
  key: Buffer
  /** As the actor described itself; undefined for the service itself. */
  device: object | undefined
  lastAt: Date
}

/** Deletions looked at, and devices named. */
const MOST_LOOKED_AT = 5000
const MOST_DEVICES = 100

/** Devices by which something was deleted that can still be brought back, the last first. */
export async function readDevices(account: OpenAccount, since: Date): Promise<PastDevice[]> {
  const { rows } = await account.sql<{ deletion_id: number; device_key: Buffer; device: Buffer; last_at: Date }>`
    select * from (
      select distinct on (device_key) device_key, deletion_id, device, last_at
      from (select * from deletion where account_id = ${account.id} and last_at >= ${since} and device_key is not null
        order by last_at desc, deletion_id desc limit ${MOST_LOOKED_AT}) as d
      where exists (select from item i where ${itemsLeft(account, since)})
        or exists (select from record r where ${recordsLeft(account, since)})
        or exists (select from removed_folder f where f.account_id = ${account.id} and f.deletion_id = d.deletion_id)
      order by device_key, last_at desc
    ) as devices
    order by last_at desc, deletion_id desc limit ${MOST_DEVICES}`
  return rows.map((row) => ({ key: row.device_key, device: deviceOf(account, row), lastAt: row.last_at }))
}

function deviceOf(
  account: OpenAccount,
  { deletion_id: id, device }: Pick<Row, 'deletion_id' | 'device'>,
): object | undefined {
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
