import { fragment as f, type Fragment, type OpenAccount } from '#storage'
import type { Condition } from './conditions.ts'
import { alternatives, conditionOf, EVERY, foundBy, type WordsQuery } from './search/words-query.ts'

/** An item as a search sees it. */
export interface Found {
  id: number
  threadId: number
  size: number
  flags: number
  /** Milliseconds since 1970. */
  receivedAt: number
  /** Whether each of the further conditions holds. */
  also: boolean[]
}

export interface Search {
  kind: string
  /** Where to look; everywhere when left out. */
  folderId?: number | undefined
  where: Condition
  /** What the index must find. */
  words?: WordsQuery
  /** Further conditions, answered for each item rather than required. */
  also?: Condition[]
}

/**
 * What the index finds is fetched from it and ordered when there is not more of it than this; of words that are more
 * frequent the newest items are looked at first, one after the other, for then a page is soon full.
 */
const FEW = 2500
const LOOKED_AT = 2000
const MANY = 20_000
/** Results that somebody wants at a time. */
const PAGE = 60

/** Of many alternatives more: looking at an item costs what they are, and asking the index does not. */
const MOST_FEW = 10_000
const ALTERNATIVES = 25
const fewOf = (asked: Parameters<typeof alternatives>[0]): number =>
  Math.min(MOST_FEW, FEW * (1 + alternatives(asked) / ALTERNATIVES))

/**
 * Rows that each statement reads; the last number stays. Written into the statement: its plan is made once, without
 * values, and must know that few rows of many are wanted.
 */
const PIECES = [
  { most: 60, limit: f`limit 60` },
  { most: 250, limit: f`limit 250` },
  { most: 1000, limit: f`limit 1000` },
  { most: 4000, limit: f`limit 4000` },
  { most: 16_000, limit: f`limit 16000` },
] as const

/**
 * Walks the items that meet a condition, newest first, in growing pieces: whoever stops early has paid for what was
 * seen. In a folder, the folder's index is walked; where words are wanted and they are few, theirs.
 */
export async function* walkItems(account: OpenAccount, search: Search): AsyncGenerator<Found[]> {
  const { words = EVERY } = search
  if (words.asks === false) return
  if (words.asks === true) yield* walkByTime(account, search)
  else if (words.most <= fewOf(words.asks)) yield* walkByWords(account, search, conditionOf(words.asks))
  else yield* walkByLooking(account, search, words.asks, words.most)
}

/** Looks at the newest items for what the index might find, and asks it for the rest once that promises to be quicker. */
async function* walkByLooking(
  account: OpenAccount,
  search: Search,
  asked: Parameters<typeof conditionOf>[0],
  most: number,
): AsyncGenerator<Found[]> {
  const where = f`${search.where} and ${foundBy(account, { asks: asked, most })}`
  for (let after: Place | undefined; ;) {
    const end = await placeOf(account, search, LOOKED_AT, after)
    let found = 0
    for await (const piece of walkByTime(account, { ...search, where }, { after, end })) {
      found += piece.length
      yield piece
    }
    if (end === undefined) return
    // A page more costs looking at so many items as lie between its own; the index, fetching all that it finds.
    const isSparse = most * found < PAGE * LOOKED_AT
    if (isSparse && most <= MANY) {
      yield* walkByWords(account, search, conditionOf(asked), end)
      return
    }
    after = end
  }
}

/** A place in the order of time; the time is to the microsecond, which a number of milliseconds is not. */
interface Place {
  time: string
  item_id: number
}

const beforePlace = (column: Fragment, place: Place | undefined): Fragment =>
  place === undefined ? f`true` : f`${column} < (${place.time}::timestamptz, ${place.item_id}::bigint)`

/** The place of the item that so many are newer than; undefined when there are not that many. */
async function placeOf(
  account: OpenAccount,
  { kind, folderId }: Search,
  skipped: number,
  after: Place | undefined,
): Promise<Place | undefined> {
  const { rows } =
    folderId === undefined
      ? await account.sql<Place>`
          select received_at::text as time, item_id from item
          where account_id = ${account.id} and kind = ${kind} and deleted_at is null
            and ${beforePlace(f`(received_at, item_id)`, after)}
          order by received_at desc, item_id desc offset ${skipped} limit 1`
      : await account.sql<Place>`
          select received_at::text as time, item_id from placement
          where account_id = ${account.id} and folder_id = ${folderId}
            and ${beforePlace(f`(received_at, item_id)`, after)}
          order by received_at desc, item_id desc offset ${skipped} limit 1`
  return rows[0]
}

async function* walkByTime(
  account: OpenAccount,
  { kind, folderId, where, also = [] }: Search,
  { after, end }: { after?: Place | undefined; end?: Place | undefined } = {},
): AsyncGenerator<Found[]> {
  const columns = columnsOf(also)
  const item = f`(i.received_at, i.item_id)`
  const placement = f`(p.received_at, p.item_id)`
  const untilEnd = (column: Fragment): Fragment =>
    end === undefined ? f`true` : f`${column} >= (${end.time}::timestamptz, ${end.item_id}::bigint)`
  let last = after
  for (let piece = 0; ; piece++) {
    const { most, limit } = PIECES[piece] ?? PIECES[4]
    const { rows } =
      folderId === undefined
        ? await account.sql<FoundRow>`
            select ${columns} from item i
            where i.account_id = ${account.id} and i.kind = ${kind} and i.deleted_at is null and ${where}
              and ${beforePlace(item, last)} and ${untilEnd(item)}
            order by i.received_at desc, i.item_id desc ${limit}`
        : await account.sql<FoundRow>`
            select ${columns} from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
            where p.account_id = ${account.id} and p.folder_id = ${folderId} and i.kind = ${kind} and ${where}
              and ${beforePlace(placement, last)} and ${untilEnd(placement)}
            order by p.received_at desc, p.item_id desc ${limit}`
    if (rows.length > 0) yield rows.map(toFound)
    if (rows.length < most) return
    last = rows.at(-1)
  }
}

/** As PIECES: each asks the index anew. */
const PIECES_OF_WORDS = [
  { most: 1000, limit: f`limit 1000` },
  { most: 16_000, limit: f`limit 16000` },
] as const

/**
 * From the index to the items. The order is written down, "offset 0" keeps it: left to itself PostgreSQL may begin with all
 * that the account has. A hash is of one account, so the index needs to be told of none.
 */
async function* walkByWords(
  account: OpenAccount,
  { kind, folderId, where, also = [] }: Search,
  asked: Fragment,
  after?: Place,
): AsyncGenerator<Found[]> {
  const columns = columnsOf(also)
  const inFolder =
    folderId === undefined
      ? f`true`
      : f`exists (select from placement p where p.account_id = ${account.id} and p.item_id = i.item_id and p.folder_id = ${folderId} offset 0)`
  let last = after
  for (let piece = 0; ; piece++) {
    const { most, limit } = PIECES_OF_WORDS[piece] ?? PIECES_OF_WORDS[1]
    const { rows } = await account.sql<FoundRow>`
      select i.* from (
        select item_id from (select account_id, item_id from item_words w where ${asked} offset 0) as w
        where w.account_id = ${account.id}
      ) as w cross join lateral (
        select ${columns} from item i
        where i.account_id = ${account.id} and i.item_id = w.item_id and i.kind = ${kind} and i.deleted_at is null
          and ${where} and ${inFolder} and ${beforePlace(f`(i.received_at, i.item_id)`, last)}
        offset 0
      ) as i
      order by i.received_at desc, i.item_id desc ${limit}`
    if (rows.length > 0) yield rows.map(toFound)
    if (rows.length < most) return
    last = rows.at(-1)
  }
}

/**
 * How many items a walk would find, or of how many threads they are; beside these threads of others.
 * @param threads  of items that are found elsewhere, where threads are counted
 */
export async function countItems(
  account: OpenAccount,
  { kind, folderId, where, words = EVERY }: Search,
  threads?: readonly number[],
): Promise<number> {
  if (words.asks === false) return new Set(threads).size
  const inFolder =
    folderId === undefined
      ? f`true`
      : f`exists (select from placement p where p.account_id = ${account.id} and p.item_id = i.item_id and p.folder_id = ${folderId} offset 0)`
  const all = f`i.account_id = ${account.id} and i.kind = ${kind} and i.deleted_at is null and ${where} and ${inFolder}`
  const found =
    words.asks === true
      ? f`select i.thread_id from item i where ${all}`
      : f`select i.thread_id from (
            select item_id from (select account_id, item_id from item_words w where ${conditionOf(words.asks)} offset 0) as w
            where w.account_id = ${account.id}
          ) as w cross join lateral (select i.thread_id from item i where ${all} and i.item_id = w.item_id offset 0) as i`
  const { rows } =
    threads === undefined
      ? await account.sql<{ count: number }>`select count(*) as count from (${found}) as i`
      : await account.sql<{ count: number }>`
          select count(distinct thread_id) as count
          from (${found} union all select unnest(${[...threads]}::bigint[])) as i`
  return rows[0]?.count ?? 0
}

const columnsOf = (also: readonly Condition[]): Fragment => {
  const answers = also.reduce((list, condition) => f`${list}, ${condition}`, f`array[null::boolean`)
  return f`i.item_id, i.thread_id, i.size, i.flags, (extract(epoch from i.received_at) * 1000)::bigint as at, i.received_at::text as time, i.received_at, ${answers}] as also`
}

interface FoundRow {
  item_id: number
  thread_id: number
  size: number
  flags: number
  at: number
  time: string
  also: boolean[]
}

const toFound = (row: FoundRow): Found => ({
  id: row.item_id,
  threadId: row.thread_id,
  size: row.size,
  flags: row.flags,
  receivedAt: row.at,
  also: row.also.slice(1),
})
