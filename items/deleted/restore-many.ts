import { Refusal } from '#system'
import type { OpenAccount, Transaction } from '#storage'
import { updateItems } from '../update.ts'
import { restoreRecords } from '../records/past.ts'
import { findDeleted, type DeletedFilter, type DeletedThing } from './find.ts'
import { remakeFolder } from './folder.ts'
import { holdReturning } from './places.ts'
import { putBack, RESTORED_AT_ONCE, restoreItems, type Restored } from './restore.ts'

/** What came back of what was asked for. */
export interface RestoredMany extends Restored {
  /** How many came back: items, and records. */
  count: number
  /** What stays deleted, and why; each names one thing. */
  failed: Map<DeletedThing, Refusal>
  /** Whether there is more to bring back, for which the same is asked again. */
  hasMore: boolean
}

/** Things that one call brings back: some seconds. */
const MOST = 5000

const nothing = (): RestoredMany => ({
  items: new Map(),
  kinds: new Map(),
  folders: [],
  count: 0,
  failed: new Map(),
  hasMore: false,
})

/** Brings these back, RESTORED_AT_ONCE in one transaction, so that nobody waits long behind them. */
export async function restoreThese(
  account: OpenAccount,
  things: readonly DeletedThing[],
  since: Date,
): Promise<RestoredMany> {
  const all = nothing()
  for (let start = 0; start < things.length; start += RESTORED_AT_ONCE) {
    const some = things.slice(start, start + RESTORED_AT_ONCE)
    try {
      add(all, await account.write((tx) => restoreThings(tx, some, since)))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      for (const thing of some) all.failed.set(thing, error)
    }
  }
  return all
}

/**
 * Brings back what meets a filter, what was deleted last first; with `at` each to where it lay then. Whoever asks again goes on
 * where this has ended. @throws Refusal 'tooManyItems' when the account has as many folders as it may
 */
export async function restoreFound(account: OpenAccount, filter: DeletedFilter, since: Date): Promise<RestoredMany> {
  const all = nothing()
  for (;;) {
    // What cannot come back stands before all that is still to come.
    const offset = all.failed.size
    if (all.count >= MOST)
      return { ...all, hasMore: (await findDeleted(account, filter, since, { offset, limit: 1 })).length > 0 }
    const restored = await account.write(async (tx) => {
      const page = { offset, limit: RESTORED_AT_ONCE }
      return restoreThings(tx, await findDeleted(account, filter, since, page, tx.sql), since, filter.at)
    })
    add(all, restored)
    if (restored.count === 0 && restored.failed.size === 0) return all
  }
}

async function restoreThings(
  tx: Transaction,
  things: readonly DeletedThing[],
  since: Date,
  at?: Date,
): Promise<RestoredMany> {
  const all = nothing()
  const idsOf = (store: DeletedThing['store']): number[] =>
    things.filter((thing) => thing.store === store).map(({ id }) => id)
  const itemIds = idsOf('item')
  if (itemIds.length > 0) add(all, await restoreItems(tx, itemIds, since, at))
  const { came, records, failed } = await restoreRecords(tx, idsOf('record'), since)
  for (const kind of records.values()) all.kinds.set(kind, (all.kinds.get(kind) ?? 0) + 1)
  all.count += records.size
  for (const thing of things) {
    const isBack = thing.store === 'item' ? all.items.has(thing.id) : came.has(thing.id)
    if (!isBack) all.failed.set(thing, (thing.store === 'record' && failed.get(thing.id)) || new Refusal('notFound'))
  }
  return all
}

/** Brings back all of a deletion: the folders that went with it, empty ones too, and what lay in any folder. @throws as restoreFound */
export async function restoreDeletion(account: OpenAccount, deletionId: number, since: Date): Promise<RestoredMany> {
  const { rows } = await account.sql<{ folder_id: number }>`
    select folder_id from removed_folder where account_id = ${account.id} and deletion_id = ${deletionId} order by folder_id`
  const all = nothing()
  for (const { folder_id: id } of rows) {
    const restored = await restoreFolder(account, id, since)
    add(all, restored)
    if (restored.hasMore || all.count >= MOST) return { ...all, hasMore: true }
  }
  const rest = await restoreFound(account, { deletionId }, since)
  add(all, rest)
  return { ...all, hasMore: rest.hasMore }
}

/** Clients empty a folder before they remove it: what left it this long before went with it. */
const EMPTIED_MS = 10 * 60_000

/**
 * Makes a removed folder again, with what lay in it when it went: deleted things come back, those that are in other folders
 * are in this one too, and what was moved to the trash just before leaves it again.
 * @throws as restoreFound; Refusal 'notFound' when nothing is known of such a folder
 */
export async function restoreFolder(account: OpenAccount, folderId: number, since: Date): Promise<RestoredMany> {
  const removal = await findRemoval(account, folderId)
  if (removal === undefined) throw new Refusal('notFound')
  const all = nothing()
  let after = 0
  while (all.count < MOST) {
    const restored = await account.write(async (tx) => {
      const made = await remakeFolder(tx, folderId)
      const { rowCount: isThere } = await tx.sql`
        select from folder where account_id = ${account.id} and folder_id = ${folderId}`
      if (isThere === 0) throw new Refusal('notFound')
      return { ...(await refill(tx, folderId, removal, since, after)), folders: made }
    })
    add(all, restored)
    if (restored.items.size === 0) return all
    after = Math.max(...restored.items.keys())
  }
  return { ...all, hasMore: true }
}

interface Removal {
  kind: string
  change: number
  /** The change with which it began to be emptied. */
  firstChange: number
}

/** When a folder was removed last; still known when it has been made again. */
async function findRemoval(account: OpenAccount, folderId: number): Promise<Removal | undefined> {
  const { rows } = await account.sql<{ kind: string; change: number; at: Date }>`
    select kind, change, at from vanished
    where account_id = ${account.id} and folder_id = ${folderId} and uid = 0 order by change desc limit 1`
  const [removal] = rows
  if (removal === undefined) return undefined
  const { kind, change, at } = removal
  const { rows: firsts } = await account.sql<{ first: number | null }>`
    select min(change) as first from vanished
    where account_id = ${account.id} and folder_id = ${folderId} and at >= ${new Date(at.getTime() - EMPTIED_MS)} and change <= ${change}`
  return { kind, change, firstChange: firsts[0]?.first ?? change }
}

/** Puts back into a folder the next of those that left it when it was removed, in the order of their ids. */
async function refill(
  tx: Transaction,
  folderId: number,
  removal: Removal,
  since: Date,
  after: number,
): Promise<Restored> {
  const { account, sql } = tx
  const { kind, change, firstChange } = removal
  const { rows } = await sql<{ item_id: number; is_deleted: boolean }>`
    select i.item_id, i.deleted_at is not null as is_deleted
    from (
      select item_id, bool_or(change = ${change}) as with_it from vanished
      where account_id = ${account.id} and folder_id = ${folderId} and uid > 0 and change between ${firstChange} and ${change}
        and item_id > ${after}
      group by item_id order by item_id offset 0
    ) as v
    cross join lateral (
      select item_id, deleted_at, is_replaced from item where account_id = ${account.id} and item_id = v.item_id and kind = ${kind} offset 0) as i
    cross join lateral (
      select coalesce(bool_or(p.folder_id = ${folderId}), false) as is_here, coalesce(bool_and(f.role = 'trash'), false) as in_trash
      from (select folder_id from placement where account_id = ${account.id} and item_id = i.item_id offset 0) as p
      cross join lateral (select role from folder where account_id = ${account.id} and folder_id = p.folder_id offset 0) as f) as now
    where not now.is_here and case when i.deleted_at is null then v.with_it or now.in_trash else i.deleted_at >= ${since} and not i.is_replaced end
    order by i.item_id limit ${RESTORED_AT_ONCE}`
  const deleted = rows.filter((row) => row.is_deleted).map((row) => row.item_id)
  const held = await holdReturning(tx, deleted, since)
  const restored = await putBack(
    tx,
    held.map((item) => ({ ...item, folders: [folderId] })),
  )
  const living = rows.filter((row) => !row.is_deleted).map((row) => row.item_id)
  if (living.length === 0) return restored
  const trash = new Set(await trashOf(tx, kind))
  await updateItems(tx, kind, living, ({ folders }) => ({
    folders: [...folders.filter((id) => !trash.has(id)), folderId],
  }))
  for (const id of living) restored.items.set(id, [folderId])
  restored.kinds.set(kind, restored.items.size)
  return restored
}

async function trashOf({ account, sql }: Transaction, kind: string): Promise<number[]> {
  const { rows } = await sql<{ folder_id: number }>`
    select folder_id from folder where account_id = ${account.id} and kind = ${kind} and role = 'trash'`
  return rows.map((row) => row.folder_id)
}

function add(all: RestoredMany, more: Restored | RestoredMany): void {
  for (const [id, where] of more.items) all.items.set(id, where)
  for (const [kind, count] of more.kinds) all.kinds.set(kind, (all.kinds.get(kind) ?? 0) + count)
  all.folders.push(...more.folders)
  all.count += 'count' in more ? more.count : more.items.size
  if ('failed' in more) for (const [thing, refusal] of more.failed) all.failed.set(thing, refusal)
}
