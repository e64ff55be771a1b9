import { fragment as f, type Transaction } from '#storage'

/** A deleted item, and the folders that it goes back to. */
export interface Returning {
  id: number
  kind: string
  threadId: number
  folders: number[]
}

interface Held {
  item_id: number
  kind: string
  thread_id: number
  change: number
  received_at: Date
}

interface Row {
  item_id: number
  kind: string
  thread_id: number
  /** Where it lay when it was deleted, or at the time that was asked for. */
  lay_in: number[] | null
  /** Where it had lain before, by what left there last. */
  before: number[] | null
}

/**
 * Of these items those that are deleted and restorable, with where they lay, and holds on to them: retention passes them by until
 * the transaction ends. What lay in the trash alone goes back to where it was before, as far as that is known.
 * @param since  what was deleted before that is given up
 * @param at  where they lay at this time, in place of when they were deleted; what was nowhere then is left out
 */
export async function holdReturning(
  tx: Transaction,
  ids: readonly number[],
  since: Date,
  at?: Date,
): Promise<Returning[]> {
  const { account, sql } = tx
  const { rows: held } = await sql<Held>`
    select item_id, kind, thread_id, change, received_at from (
      select * from item where account_id = ${account.id} and item_id = any(${[...ids]}::bigint[]) for update
    ) as i
    where deleted_at >= ${since} and not is_replaced`
  if (held.length === 0) return []
  const lay =
    at === undefined
      ? f`v.change = i.change and v.at >= gone.at`
      : f`v.at > ${at} and coalesce(v.saved_at, i.received_at) <= ${at}`
  const { rows } = await sql<Row>`
    with trash as materialized (
      select folder_id from folder where account_id = ${account.id} and role = 'trash'
    )
    select i.item_id, i.kind, i.thread_id, lay.folders as lay_in, before.folders as before
    from unnest(${held.map((row) => row.item_id)}::bigint[], ${held.map((row) => row.kind)}::text[],
      ${held.map((row) => row.thread_id)}::bigint[], ${held.map((row) => row.change)}::bigint[],
      ${held.map((row) => row.received_at.toISOString())}::timestamptz[]) as i (item_id, kind, thread_id, change, received_at)
    cross join lateral (
      select max(at) as at from vanished
      where account_id = ${account.id} and item_id = i.item_id and change = i.change and item_is_gone) as gone
    cross join lateral (
      select array_agg(distinct v.folder_id order by v.folder_id) as folders from vanished v
      where v.account_id = ${account.id} and v.item_id = i.item_id and v.uid > 0 and ${lay}) as lay
    left join lateral (
      select array_agg(v.folder_id) as folders from vanished v
      where v.account_id = ${account.id} and v.item_id = i.item_id and v.uid > 0 and v.folder_id not in (select folder_id from trash)
      group by v.change order by v.change desc limit 1
    ) as before on ${at === undefined}::boolean and lay.folders <@ array(select folder_id from trash)
    order by i.item_id`
  return rows
    .filter((row) => at === undefined || row.lay_in !== null)
    .map((row) => ({
      id: row.item_id,
      kind: row.kind,
      threadId: row.thread_id,
      folders: row.before ?? row.lay_in ?? [],
    }))
}
