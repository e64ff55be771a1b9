import { Refusal } from '#system'
import { fragment as f, type Fragment, type OpenAccount, type Sql } from '#storage'

/**
 * How far somebody knows the changes of an account: all with a smaller number, and of this number all, or those of
 * things whose id is not greater than `id`. So a list of changes can end anywhere, also inside a large transaction.
 */
export interface Point {
  change: number
  id?: number
}

/** What became of things since a point. No thing stands in two of the lists. */
export interface ChangeList {
  created: number[]
  updated: number[]
  destroyed: number[]
  /** The point up to which this list tells everything. */
  upTo: Point
  hasMore: boolean
}

export interface KindState {
  /** The last number that touched a folder: its name or place, or what it holds and so its counts. */
  folders: number
  /** The last number that touched an item. */
  items: number
}

/** Things changed since a point that are looked at for one list; whoever is further behind reads everything anew. */
const MOST_LOOKED_AT = 100_000

export async function kindState(account: OpenAccount, kind: string, sql: Sql = account.sql): Promise<KindState> {
  const { rows } = await sql<{ folders_change: number; items_change: number }>`
    select folders_change, items_change from kind_state where account_id = ${account.id} and kind = ${kind}`
  const { folders_change: folders = 0, items_change: items = 0 } = rows[0] ?? {}
  return { folders: Math.max(folders, items), items }
}

/** The last number that touched a folder itself: its name, place or role. */
export async function foldersChange(account: OpenAccount, kind: string, sql: Sql = account.sql): Promise<number> {
  const { rows } = await sql<{ folders_change: number }>`
    select folders_change from kind_state where account_id = ${account.id} and kind = ${kind}`
  return rows[0]?.folders_change ?? 0
}

/** One thing that changed, and where in the order of changes it is told. */
export interface Step {
  id: number
  position: number
  is_new: boolean
  is_gone: boolean
}

/** What every answer begins with, read in the statement that reads the steps, so that both are of one moment. */
export interface Newest {
  newest: number
  floor: number
  folders: number
  items: number
  looked_at: number | null
}

/**
 * Items created, updated and deleted since a point.
 *
 * What is new is told where it was created, all else where it last changed. An item created before the end of a list
 * that ends early is therefore in it even if it has changed again since, and never told as updated to somebody who has
 * not heard of it. What was deleted and brought back is created anew: whoever missed both hears of it once more.
 * @throws Refusal 'cannotCalculateChanges' for a number that is not past, when what vanished since is no longer known,
 *   or when too much has changed
 */
export async function itemChanges(account: OpenAccount, kind: string, since: Point, most: number): Promise<ChangeList> {
  const { change, before, id } = bounds(since)
  const { rows } = await account.sql<Newest & Partial<Step>>`
    select a.change as newest, a.vanished_floor as floor, coalesce(k.folders_change, 0) as folders,
      coalesce(k.items_change, 0) as items, step.*
    from account a
    left join kind_state k on k.account_id = a.account_id and k.kind = ${kind}
    left join lateral (
      select *, count(*) over () as looked_at from (
        (select i.item_id as id, i.created_change > seen.change as is_new, false as is_gone,
          case when i.created_change > seen.change then i.created_change else i.change end as position
         from ${changedItems(account, kind, before)} as i
         cross join lateral (select case when i.item_id <= ${id} then ${change}::bigint else ${before}::bigint end as change) seen
         where i.change > seen.change and i.deleted_at is null
         limit ${MOST_LOOKED_AT + 1})
        union all
        (select v.item_id, false, true, max(v.change)
         from vanished v cross join lateral (select case when v.item_id <= ${id} then ${change}::bigint else ${before}::bigint end as change) seen
         left join item i on i.account_id = v.account_id and i.item_id = v.item_id
         where v.account_id = ${account.id} and v.kind = ${kind} and v.change > ${before} and v.change > seen.change and v.item_is_gone
           and (i.item_id is null or i.deleted_at is not null)
           and (coalesce(i.created_change, 0) <= seen.change or ${cameBack(account, f`i`)})
         group by v.item_id
         limit ${MOST_LOOKED_AT + 1})
      ) as each
      order by position, id limit ${most + 1}
    ) as step on true
    where a.account_id = ${account.id}
    order by step.position, step.id`
  const state = checkPoint(rows, since)
  return listOf(rows.filter(isStep), most, state.items)
}

/**
 * Folders created, updated (also in their counts) and removed since a point; `onlyCounts` says that nothing else about
 * them has changed. @throws as itemChanges
 */
export async function folderChanges(
  account: OpenAccount,
  kind: string,
  since: Point,
  most: number,
): Promise<ChangeList & { onlyCounts: boolean }> {
  const { change, before, id } = bounds(since)
  const { rows } = await account.sql<Newest & Partial<Step & { itself: number }>>`
    select a.change as newest, a.vanished_floor as floor, null as looked_at,
      greatest(k.folders_change, k.items_change, 0) as folders, coalesce(k.items_change, 0) as items, step.*
    from account a
    left join kind_state k on k.account_id = a.account_id and k.kind = ${kind}
    left join lateral (
      select each.*, case when each.id <= ${id} then ${change}::bigint else ${before}::bigint end as seen from (
        select folder_id as id, created_change as created, change as itself, greatest(change, items_change) as last, false as is_gone
        from folder where account_id = ${account.id} and kind = ${kind}
        union all
        select v.folder_id, 0, max(v.change), max(v.change), true
        from vanished v where v.account_id = ${account.id} and v.kind = ${kind} and v.change > ${before} and v.uid = 0
          and not exists (select from folder b where b.account_id = v.account_id and b.folder_id = v.folder_id)
        group by v.folder_id
      ) as each
    ) as found on found.last > found.seen
    left join lateral (
      select found.id, found.created > found.seen as is_new, found.is_gone, found.itself > found.seen as itself,
        case when found.created > found.seen then found.created else found.last end as position
    ) as step on found.id is not null
    where a.account_id = ${account.id}
    order by step.position, step.id`
  const state = checkPoint(rows, since)
  const steps = rows.filter(isStep)
  const list = listOf(steps, most, state.folders)
  return { ...list, onlyCounts: steps.slice(0, most).every((step) => !(step as { itself?: unknown }).itself) }
}

/**
 * Threads whose items came or went since a point. @throws as itemChanges
 *
 * A thread is there as long as one of its items is. One that was gone and is there again counts as new.
 */
export async function threadChanges(
  account: OpenAccount,
  kind: string,
  since: Point,
  most: number,
): Promise<ChangeList> {
  const { change, before, id } = bounds(since)
  const { rows } = await account.sql<Newest & Partial<Step>>`
    select a.change as newest, a.vanished_floor as floor, coalesce(k.folders_change, 0) as folders,
      coalesce(k.items_change, 0) as items, step.*
    from account a
    left join kind_state k on k.account_id = a.account_id and k.kind = ${kind}
    left join lateral (
      with touched as (
        (select thread_id, created_change as change from ${changedItems(account, kind, before)} as i
         where created_change > ${before} and deleted_at is null
         limit ${MOST_LOOKED_AT + 1})
        union all
        (select thread_id, change from vanished
         where account_id = ${account.id} and kind = ${kind} and change > ${before} and item_is_gone
         limit ${MOST_LOOKED_AT + 1})
      ), thread as (
        select t.thread_id, seen.change as seen, min(t.change) as first, max(t.change) as last, sum(count(*)) over () as looked_at
        from touched t cross join lateral (select case when t.thread_id <= ${id} then ${change}::bigint else ${before}::bigint end as change) seen
        where t.change > seen.change
        group by t.thread_id, seen.change
      ), stood as (
        select thread.*,
          exists (select from item i where i.account_id = ${account.id} and i.thread_id = thread.thread_id
            and i.created_change <= thread.seen and (i.deleted_at is null or i.change > thread.seen)) as was,
          exists (select from item i where i.account_id = ${account.id} and i.thread_id = thread.thread_id
            and i.created_change > thread.seen and ${cameBack(account, f`i`)}) as may_have_been,
          exists (select from item i where i.account_id = ${account.id} and i.thread_id = thread.thread_id and i.deleted_at is null) as is
        from thread
      )
      select thread_id as id, not was as is_new, not "is" as is_gone, looked_at,
        case when was and "is" then last
          when not "is" then first
          else (select min(i.created_change) from item i where i.account_id = ${account.id} and i.thread_id = stood.thread_id and i.created_change > stood.seen)
        end as position
      from stood where was or may_have_been or "is"
      order by position, id limit ${most + 1}
    ) as step on true
    where a.account_id = ${account.id}
    order by step.position, step.id`
  const state = checkPoint(rows, since)
  return listOf(rows.filter(isStep), most, state.items)
}

/**
 * The rows of items that have a greater number, deleted or not: what the list of changes names since then, and it may name
 * more (`item_change`). Looked up all at once: whatever index PostgreSQL takes, it is one pass.
 */
export const changedItems = (account: OpenAccount, kind: string, since: number): Fragment => f`(
  select * from item
  where account_id = ${account.id} and change > ${since} and item_id = any(array(
    select distinct unnest(items) from item_change where account_id = ${account.id} and kind = ${kind} and change > ${since}))
  offset 0)`

/** Whether an item was deleted once and brought back: then it was there before the number that it was created with. */
const cameBack = (account: OpenAccount, item: Fragment): Fragment => f`exists (
  select from vanished b where b.account_id = ${account.id} and b.item_id = ${item}.item_id and b.item_is_gone
    and b.change < ${item}.created_change offset 0)`

/** Ids that are told of a number are those up to `id`; of the others everything after the number before is new. */
export const bounds = ({ change, id }: Point): { change: number; before: number; id: number } => ({
  change,
  before: id === undefined ? change : change - 1,
  id: id ?? Number.MAX_SAFE_INTEGER,
})

export const isStep = <Row extends Partial<Step>>(row: Row): row is Row & Step => typeof row.id === 'number'

export function checkPoint(rows: readonly Newest[], since: Point): Newest {
  const [state] = rows
  const isPast = state !== undefined && since.change >= state.floor && since.change <= state.newest
  if (!isPast || (state.looked_at ?? 0) > MOST_LOOKED_AT) throw new Refusal('cannotCalculateChanges')
  return state
}

export function listOf(steps: readonly Step[], most: number, newest: number): ChangeList {
  const hasMore = steps.length > most
  const shown = steps.slice(0, most)
  const last = shown.at(-1)
  const list: ChangeList = { created: [], updated: [], destroyed: [], upTo: { change: newest }, hasMore }
  if (hasMore && last !== undefined) list.upTo = { change: last.position, id: last.id }
  for (const step of shown) (step.is_gone ? list.destroyed : step.is_new ? list.created : list.updated).push(step.id)
  return list
}
