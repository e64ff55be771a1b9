import { Refusal } from '#system'
import { newId, type Transaction } from '#storage'
import { AT_ONCE, enter, findPlacements, leave, stamp, type Placement } from './placements.ts'
import { touchContents, touchItems, touchThread } from './settle.ts'

/** Where items of one folder are in another now. */
export interface Placed {
  /** Of the other folder. */
  uidValidity: number
  /** UIDs in the one folder, ascending, and those in the other, in the same order. */
  from: number[]
  to: number[]
}

export interface Copying {
  fromId: number
  toId: number
  /** In the folder `fromId`. */
  uids: readonly number[]
  /** Whether nothing at all is done when one of them is not there. */
  mustAllBeThere: boolean
}

/** Summaries that are open at a time. */
const OPEN_AT_ONCE = 500

/**
 * Copies items into a folder, which may be the one that they are in: each gets a further placement there. Where an item is in
 * that folder already, a new item that shares the blob goes there. `\Deleted` is of a placement, and stays behind.
 * @throws Refusal 'notFound', with the field `folders` for the folder, or `items`
 */
export function copyItems(tx: Transaction, kind: string, copying: Copying): Promise<Placed> {
  return place(tx, kind, copying, ({ folders }) => folders.includes(copying.toId), false)
}

/** Moves items from one folder to another, or to the end of the same. @throws as copyItems */
export function moveItems(tx: Transaction, kind: string, copying: Copying): Promise<Placed> {
  const { fromId, toId } = copying
  return place(tx, kind, copying, ({ folders }) => toId !== fromId && folders.includes(toId), true)
}

/** @param needsCopy  whether an item cannot itself go where it is to go */
async function place(
  tx: Transaction,
  kind: string,
  { fromId, toId, uids, mustAllBeThere }: Copying,
  needsCopy: (placement: Placement) => boolean,
  isMove: boolean,
): Promise<Placed> {
  const { rows } = await tx.sql<{ uid_validity: number }>`
    select uid_validity from folder where account_id = ${tx.account.id} and folder_id = ${toId} and kind = ${kind}`
  const [folder] = rows
  if (folder === undefined) throw new Refusal('notFound', { fields: ['folders'] })
  const placed: Placed = { uidValidity: folder.uid_validity, from: [], to: [] }
  for (let at = 0; at < uids.length; at += AT_ONCE) {
    const wanted = uids.slice(at, at + AT_ONCE)
    const sources = await findPlacements(tx, kind, fromId, wanted)
    if (mustAllBeThere && sources.length < wanted.length) throw new Refusal('notFound', { fields: ['items'] })
    if (sources.length === 0) continue
    const copies = await copyThose(tx, kind, sources.filter(needsCopy))
    const changed = isMove ? sources : sources.filter((source) => !copies.has(source.item_id))
    // Sent first: within one folder there is one placement of an item at a time. None of these is an item's last.
    const leaving = isMove ? leave(tx, kind, fromId, sources, () => false) : undefined
    const items = sources.map((source) => copies.get(source.item_id) ?? source.item_id)
    const [first] = await Promise.all([enter(tx, toId, items), leaving, stamp(tx, kind, changed)])
    for (const [index, { uid, thread_id: threadId }] of sources.entries()) {
      placed.from.push(uid)
      placed.to.push(first + index)
      touchThread(tx, kind, toId, threadId)
      if (isMove) touchThread(tx, kind, fromId, threadId)
    }
    // What is the same item as before has changed wherever it is.
    touchContents(tx, kind, [...new Set(changed.flatMap(({ folders }) => folders))])
  }
  return placed
}

/** Makes items anew: the same in all, and with the same blob. @returns the new ids by the old */
async function copyThose(
  tx: Transaction,
  kind: string,
  placements: readonly Placement[],
): Promise<ReadonlyMap<number, number>> {
  const { account, sql, change } = tx
  const ids = placements.map(({ item_id: id }) => id)
  const copies = new Map(ids.map((id) => [id, newId()]))
  for (let at = 0; at < ids.length; at += OPEN_AT_ONCE) {
    const some = ids.slice(at, at + OPEN_AT_ONCE)
    const { rows } = await sql<{ item_id: number; sealed: Buffer }>`
      select item_id, sealed from item_summary where account_id = ${account.id} and item_id = any(${some}::bigint[])`
    // A summary opens under its item's id alone.
    const summaries = rows.map(({ item_id: id, sealed }) =>
      account.seal('item', copies.get(id) as number, account.open('item', id, sealed)),
    )
    await sql`
      with copy as materialized (
        select * from unnest(${rows.map((row) => row.item_id)}::bigint[], ${rows.map((row) => copies.get(row.item_id))}::bigint[], ${summaries}::bytea[])
          as c (old_id, new_id, sealed)
      ), new_summary as (
        insert into item_summary (account_id, item_id, sealed) select ${account.id}::bigint, new_id, sealed from copy
      )
      insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, keywords, received_at, created_change, change, digest)
      select ${account.id}::bigint, copy.new_id, i.kind, i.thread_id, i.blob_id, i.size, i.flags, i.keywords, i.received_at,
        ${change}::bigint, ${change}::bigint, i.digest
      from copy cross join lateral (select * from item where account_id = ${account.id} and item_id = copy.old_id offset 0) as i`
  }
  touchItems(tx, kind, [...copies.values()])
  return copies
}
