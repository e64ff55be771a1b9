import { now, Refusal } from '#system'
import type { Transaction } from '#storage'
import { deletionOf } from './deleted/deletion.ts'
import { MOST_KEYWORDS, numberKeywords, type Keywords } from './keywords.ts'
import { touchItems, touchThread } from './settle.ts'

/** An item as it stands, for deciding what it becomes. */
export interface ItemState {
  id: number
  threadId: number
  flags: number
  keywords: string[]
  folders: number[]
}

/** What an item becomes; what is left out stays. No folder at all means deleted: restorable, and its clock starts. */
export type ItemUpdate = Partial<Pick<ItemState, 'flags' | 'keywords' | 'folders'>>

interface Row {
  item_id: number
  thread_id: number
  received_at: Date
  flags: number
  keywords: number[]
  folders: number[]
  uids: number[]
}

/**
 * Changes many items at once: reads them, asks `decide` what each becomes, and writes the differences set-wise.
 * @param decide  may throw a Refusal, which then stands for this item alone
 * @returns for each id, undefined or why not; an id that is not there gets Refusal 'notFound'
 */
export async function updateItems(
  tx: Transaction,
  kind: string,
  ids: readonly number[],
  decide: (item: ItemState) => ItemUpdate,
): Promise<Map<number, Refusal | undefined>> {
  const { rows } = await tx.sql<Row>`
    select i.item_id, i.thread_id, i.received_at, i.flags, i.keywords,
      array(select p.folder_id from placement p where p.account_id = i.account_id and p.item_id = i.item_id order by p.folder_id) as folders,
      array(select p.uid from placement p where p.account_id = i.account_id and p.item_id = i.item_id order by p.folder_id) as uids
    from item i
    where i.account_id = ${tx.account.id} and i.item_id = any(${[...ids]}::bigint[]) and i.kind = ${kind} and i.deleted_at is null`
  const outcomes = new Map<number, Refusal | undefined>(rows.map((row) => [row.item_id, undefined]))
  for (const id of ids) if (!outcomes.has(id)) outcomes.set(id, new Refusal('notFound'))
  const known = await numberKeywords(tx, [])
  const folders = await foldersOf(tx, kind)

  const decided: { row: Row; update: ItemUpdate }[] = []
  const names = new Set(known.numbers.keys())
  for (const row of rows) {
    try {
      const update = decide({
        id: row.item_id,
        threadId: row.thread_id,
        flags: row.flags,
        keywords: row.keywords.map((number) => known.names.get(number) as string),
        folders: row.folders,
      })
      if (update.folders?.some((id) => !folders.has(id))) throw new Refusal('notFound', { fields: ['folders'] })
      const fresh = update.keywords?.filter((name) => !names.has(name)) ?? []
      if (names.size + fresh.length > MOST_KEYWORDS) throw new Refusal('tooManyItems', { fields: ['keywords'] })
      for (const name of fresh) names.add(name)
      if (isOther(row, update, known)) decided.push({ row, update })
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      outcomes.set(row.item_id, error)
    }
  }
  touchItems(
    tx,
    kind,
    decided.map(({ row }) => row.item_id),
  )
  await writeFlags(tx, decided, known)
  await writePlacements(tx, kind, decided)

  for (const { row, update } of decided)
    for (const folderId of new Set([...row.folders, ...(update.folders ?? [])]))
      touchThread(tx, kind, folderId, row.thread_id)
  return outcomes
}

/** Whether an update changes anything: what stays as it was gets no new number. */
function isOther(row: Row, { flags, keywords, folders }: ItemUpdate, { names }: Keywords): boolean {
  return (
    (flags !== undefined && flags !== row.flags) ||
    (keywords !== undefined &&
      !sameMembers(
        keywords,
        row.keywords.map((number) => names.get(number)),
      )) ||
    (folders !== undefined && !sameMembers(folders, row.folders))
  )
}

function sameMembers<T>(some: readonly T[], others: readonly T[]): boolean {
  const set = new Set(some)
  return set.size === others.length && others.every((one) => set.has(one))
}

async function foldersOf(tx: Transaction, kind: string): Promise<Set<number>> {
  const { rows } = await tx.sql<{ folder_id: number }>`
    select folder_id from folder where account_id = ${tx.account.id} and kind = ${kind}`
  return new Set(rows.map((row) => row.folder_id))
}

/** Items that become alike are written by one statement: starring ten thousand is one UPDATE. */
async function writeFlags(
  tx: Transaction,
  decided: { row: Row; update: ItemUpdate }[],
  known: Keywords,
): Promise<void> {
  const names = decided.flatMap(({ update }) => update.keywords ?? [])
  const { numbers } = names.some((name) => !known.numbers.has(name)) ? await numberKeywords(tx, names) : known
  const groups = new Map<string, { flags: number; keywords: number[]; isDeleted: boolean; ids: number[] }>()
  for (const { row, update } of decided) {
    const flags = update.flags ?? row.flags
    const keywords = (update.keywords?.map((name) => numbers.get(name) as number) ?? row.keywords).toSorted(
      (a, b) => a - b,
    )
    const isDeleted = update.folders?.length === 0
    const key = `${flags}/${keywords.join()}/${isDeleted}`
    const group = groups.get(key) ?? { flags, keywords, isDeleted, ids: [] }
    groups.set(key, group)
    group.ids.push(row.item_id)
  }
  const deletion = [...groups.values()].some(({ isDeleted }) => isDeleted) ? await deletionOf(tx) : undefined
  for (const { row, update } of decided) {
    if (deletion === undefined || update.folders?.length !== 0) continue
    deletion.items++
    for (const folderId of row.folders) deletion.folders.add(folderId)
  }
  await Promise.all(
    [...groups.values()].map(
      ({ flags, keywords, isDeleted, ids }) => tx.sql`
        update item set flags = ${flags}, keywords = ${keywords}::int[], change = ${tx.change},
          deleted_at = ${isDeleted ? (deletion?.at ?? null) : null}, deletion_id = ${isDeleted ? (deletion?.id ?? null) : null}
        where account_id = ${tx.account.id} and item_id = any(${ids}::bigint[])`,
    ),
  )
}

async function writePlacements(
  tx: Transaction,
  kind: string,
  decided: { row: Row; update: ItemUpdate }[],
): Promise<void> {
  const gone: { row: Row; folderId: number; uid: number; isLast: boolean }[] = []
  const come = new Map<number, Row[]>()
  const comersTo = (folderId: number): Row[] => {
    const rows = come.get(folderId) ?? []
    come.set(folderId, rows)
    return rows
  }
  for (const { row, update } of decided) {
    if (update.folders === undefined) continue
    const wanted = new Set(update.folders)
    row.folders.forEach((folderId, i) => {
      // Of an item that leaves several folders at once, one row says that it is gone.
      if (!wanted.has(folderId))
        gone.push({ row, folderId, uid: row.uids[i] as number, isLast: wanted.size === 0 && i === 0 })
    })
    for (const folderId of wanted) if (!row.folders.includes(folderId)) comersTo(folderId).push(row)
  }
  const { id } = tx.account
  if (gone.length > 0) {
    const folderIds = gone.map((g) => g.folderId)
    const uids = gone.map((g) => g.uid)
    await tx.sql`
      with gone as (
        delete from placement where ctid = any(array(
          select p.place from unnest(${folderIds}::bigint[], ${gone.map((g) => g.row.item_id)}::bigint[]) as g (folder_id, item_id)
          cross join lateral (
            select ctid as place, folder_id from placement where account_id = ${id} and item_id = g.item_id offset 0) as p
          where p.folder_id = g.folder_id))
        returning folder_id, uid, saved_at
      )
      insert into vanished (account_id, change, kind, folder_id, uid, item_id, thread_id, item_is_gone, at, saved_at)
      select ${id}::bigint, ${tx.change}::bigint, ${kind}::text, g.folder_id, g.uid, g.item_id, g.thread_id, g.is_last, ${now()}::timestamptz, gone.saved_at
      from unnest(${folderIds}::bigint[], ${uids}::bigint[], ${gone.map((g) => g.row.item_id)}::bigint[],
        ${gone.map((g) => g.row.thread_id)}::bigint[], ${gone.map((g) => g.isLast)}::boolean[]) as g (folder_id, uid, item_id, thread_id, is_last)
      join gone using (folder_id, uid)`
  }
  // One statement for each folder that something comes to; its UIDs go in the order in which the items came.
  await Promise.all(
    [...come].map(
      ([folderId, rows]) => tx.sql`
        with counted as (
          update folder set uid_next = uid_next + ${rows.length}
          where account_id = ${id} and folder_id = ${folderId} returning uid_next - ${rows.length} as first
        )
        insert into placement (account_id, folder_id, uid, item_id, received_at, saved_at, change)
        select ${id}::bigint, ${folderId}::bigint, first + c.at - 1, c.item_id, c.received_at, ${now()}::timestamptz, ${tx.change}::bigint
        from counted, unnest(${rows.map((row) => row.item_id)}::bigint[], ${rows.map((row) => row.received_at.toISOString())}::timestamptz[])
          with ordinality as c (item_id, received_at, at)`,
    ),
  )
}
