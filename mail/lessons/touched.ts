import { FLAG } from '#items'
import { MAIL } from '#mail'
import type { OpenAccount, Sql } from '#storage'
import type { Known, Touched } from './lesson.ts'

/** Keywords by which mail programs say it, in the form in which they are kept. RFC 9051 §2.3.2: both together count as none. */
const SAYS_JUNK = '$junk'
const SAYS_GOOD = '$notjunk'

/** How far an account was looked at: all up to this number, and of the next one items with ids up to this. */
export interface Place {
  change: number
  itemId: number
}

export interface TouchedItem extends Touched {
  itemId: number
  blobId: string
  at: Place
  known: Known | undefined
}

export interface Look {
  items: TouchedItem[]
  /** How far it goes. */
  upTo: Place
  /** Whether there is nothing behind it. */
  isDone: boolean
}

interface Row {
  change: number
  item_id: number
  blob_id: string | null
  came_to_junk: boolean
  left_junk: boolean
  is_elsewhere: boolean
  flags: number
  says_junk: boolean
  says_good: boolean
  is_junk: boolean | null
  said_junk: boolean | null
}

/**
 * Letters that have changed since, in the order of their changes. What arrival put into Junk came there with the letter; what somebody moved left
 * another folder for it, or is in another folder too.
 * @param most  items that are looked at
 */
export async function touchedSince(account: OpenAccount, since: Place, most: number, sql: Sql): Promise<Look> {
  const { rows: states } = await sql<{ newest: number }>`
    select items_change as newest from kind_state where account_id = ${account.id} and kind = ${MAIL}`
  const newest = states[0]?.newest ?? 0
  // One change more than items: of the first, everything may have been looked at before. Each table is asked once for all
  // of them: whatever index PostgreSQL takes on a table that it has not analysed yet, it is one pass.
  const { rows } = await sql<Row>`
    with named as materialized (
      select l.change, u.item_id
      from (
        select change, items from item_change
        where account_id = ${account.id} and kind = ${MAIL} and change > ${since.change}
        order by change limit ${most + 1}) as l
      cross join lateral unnest(l.items) as u (item_id)
      where l.change > ${since.change + 1} or u.item_id > ${since.itemId}
      order by l.change, u.item_id limit ${most}
    ), seen as materialized (
      select item_id, blob_id, created_change, flags, keywords from item
      where account_id = ${account.id} and item_id = any(array(select item_id from named)) and not is_replaced
    ), lesson as materialized (
      select blob_id, is_junk, said_junk from spam_lesson
      where account_id = ${account.id} and blob_id = any(array(select blob_id from seen))
    ), role as materialized (
      select max(folder_id) filter (where role = 'junk') as junk, max(folder_id) filter (where role = 'trash') as trash
      from folder where account_id = ${account.id} and kind = ${MAIL} and role in ('junk', 'trash')
    ), said as materialized (
      select coalesce(max(number) filter (where name_key = ${account.lookupKey('keyword', SAYS_JUNK)}), 0) as junk,
        coalesce(max(number) filter (where name_key = ${account.lookupKey('keyword', SAYS_GOOD)}), 0) as good
      from keyword where account_id = ${account.id}
    ), gone as materialized (
      select v.item_id, bool_or(v.folder_id = role.junk) as left_junk, bool_or(v.folder_id <> role.junk) as left_other
      from vanished v cross join role
      where v.account_id = ${account.id} and v.change > ${since.change} and v.kind = ${MAIL} and v.uid > 0
      group by v.item_id
    ), placed as materialized (
      select p.item_id, max(p.change) filter (where p.folder_id = role.junk) as junk_change,
        count(*) filter (where p.folder_id <> role.junk) as others,
        count(*) filter (where p.folder_id is distinct from role.junk and p.folder_id is distinct from role.trash) as elsewhere
      from placement p cross join role
      where p.account_id = ${account.id} and p.item_id = any(array(select item_id from named))
      group by p.item_id
    )
    select named.change, named.item_id, i.blob_id,
      coalesce(p.junk_change > i.created_change and p.junk_change > ${since.change} and (gone.left_other or p.others > 0), false) as came_to_junk,
      coalesce(gone.left_junk, false) and p.junk_change is null as left_junk,
      coalesce(p.elsewhere, 0) > 0 as is_elsewhere,
      i.flags, said.junk = any(i.keywords) as says_junk, said.good = any(i.keywords) as says_good, l.is_junk, l.said_junk
    from named cross join role cross join said
    left join seen i on i.item_id = named.item_id
    left join gone on gone.item_id = named.item_id
    left join placed p on p.item_id = named.item_id
    left join lesson l on l.blob_id = i.blob_id
    order by named.change, named.item_id`
  const last = rows.at(-1)
  const isDone = rows.length < most
  const upTo = isDone ? { change: Math.max(newest, since.change, last?.change ?? 0), itemId: 0 } : placeOf(last as Row)
  return { items: rows.flatMap(itemOf), upTo, isDone }
}

/** Up to this row and no further: of its change, items up to this one. */
const placeOf = (row: Pick<Row, 'change' | 'item_id'>): Place => ({ change: row.change - 1, itemId: row.item_id })

function itemOf(row: Row): TouchedItem[] {
  if (row.blob_id === null) return []
  return [
    {
      itemId: row.item_id,
      blobId: row.blob_id,
      at: placeOf(row),
      cameToJunk: row.came_to_junk,
      leftJunk: row.left_junk,
      isElsewhere: row.is_elsewhere,
      isAnswered: (row.flags & FLAG.answered) !== 0,
      said: row.says_junk === row.says_good ? null : row.says_junk,
      known: row.is_junk === null ? undefined : { isJunk: row.is_junk, said: row.said_junk },
    },
  ]
}
