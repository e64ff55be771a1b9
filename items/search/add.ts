import { now } from '#system'
import type { OpenAccount, Sql, Storage } from '#storage'
import { hashWords, type FieldWord } from './hashes.ts'
import { pairFilter } from './pairs.ts'
import type { Entries } from './vocabulary/segment.ts'
import { appendWords } from './vocabulary/store.ts'

/** An item and its words in each field, by the field's number. */
export interface IndexedItem {
  itemId: number
  words: ReadonlyMap<number, ReadonlySet<string>>
  /** Them one after the other, in all their forms; nothing where one field ends. */
  sequence: readonly (readonly string[])[]
}

/** An item that is to be indexed. */
export interface ItemToIndex {
  itemId: number
  /** Opened. */
  summary: Buffer
}

/**
 * Indexes the next items of a kind: their hashes, their words in the vocabulary and how far the account is indexed, in one
 * transaction, so that each item is indexed once, whatever ends in the middle. What is deleted is indexed too, since it can
 * come back, unless its program has replaced it. The changes of an account become visible in the order of their numbers, so that nothing is passed over.
 * @param most  items of one call; those touched that are indexed already count too
 * @param wordsOf  finds the words, of some items at a time: the database takes them in while the next are looked at
 */
export async function indexNext(
  { database }: Pick<Storage, 'database'>,
  account: OpenAccount,
  kind: string,
  most: number,
  wordsOf: (items: readonly ItemToIndex[]) => AsyncIterable<IndexedItem[]>,
): Promise<{ indexed: number; isDone: boolean }> {
  return database.transaction(async (sql) => {
    await sql`
      insert into index_state (account_id, kind, change, item_id) values (${account.id}, ${kind}, 0, 0)
      on conflict do nothing`
    // The lock by which several indexers take turns.
    const { rows: states } = await sql<{ change: number; item_id: number; newest: number }>`
      select s.change, s.item_id, coalesce(
        (select k.items_change from kind_state k where k.account_id = s.account_id and k.kind = s.kind), 0) as newest
      from index_state s where s.account_id = ${account.id} and s.kind = ${kind} for update`
    const state = states[0] as (typeof states)[number]
    // One change more than items: of the first, everything may have been indexed before.
    const { rows } = await sql<{ item_id: number; change: number; summary: Buffer | null }>`
      select named.item_id, named.change, s.sealed as summary
      from (
        select l.change, u.item_id
        from (
          select change, items from item_change
          where account_id = ${account.id} and kind = ${kind} and change > ${state.change}
          order by change limit ${most + 1}) as l
        cross join lateral unnest(l.items) as u (item_id)
        where l.change > ${state.change + 1} or u.item_id > ${state.item_id}
        order by l.change, u.item_id limit ${most}
      ) as named
      left join item i on i.account_id = ${account.id} and i.item_id = named.item_id and not i.is_replaced
      left join item_words w on w.account_id = ${account.id} and w.item_id = i.item_id
      left join item_summary s on s.account_id = ${account.id} and s.item_id = i.item_id and w.item_id is null
      order by named.change, named.item_id`
    const items = rows.flatMap(({ item_id: itemId, summary }) =>
      summary === null ? [] : [{ itemId, summary: account.open('item', itemId, summary) }],
    )
    if (items.length > 0) await insertAll(account, sql, wordsOf(items), items.length)
    const last = rows.at(-1)
    const isDone = rows.length < most
    // Half of a number's items: all before it, and of it those up to this one.
    const [change, itemId] = isDone
      ? [Math.max(state.newest, last?.change ?? state.change), 0]
      : [(last?.change ?? 1) - 1, last?.item_id ?? 0]
    await sql`
      update index_state set change = ${change}, item_id = ${itemId} where account_id = ${account.id} and kind = ${kind}`
    return { indexed: items.length, isDone }
  })
}

async function insertAll(
  account: OpenAccount,
  sql: Sql,
  groups: AsyncIterable<IndexedItem[]>,
  count: number,
): Promise<void> {
  const counted: Counted = new Map()
  const sent: Promise<unknown>[] = []
  try {
    for await (const group of groups) {
      const insert = insertGroup(account, sql, group, counted)
      // Looked at below, with the others.
      insert.catch(() => undefined)
      sent.push(insert)
    }
  } finally {
    await Promise.allSettled(sent)
  }
  await Promise.all(sent)
  await appendWords(account, sql, entriesOf(counted), count)
}

/** How many items have a word, by field. */
type Counted = Map<number, Map<string, number>>

/** Counts the words of some items, and adds their hashes to the index. Those of one that was erased meanwhile are settled with other erased ones. */
function insertGroup(
  account: OpenAccount,
  sql: Sql,
  items: readonly IndexedItem[],
  counted: Counted,
): Promise<unknown> {
  const hashes: string[] = []
  for (const { words } of items) {
    const list: FieldWord[] = []
    for (const [field, ofField] of words) {
      const counts = counted.get(field) ?? new Map<string, number>()
      counted.set(field, counts)
      for (const word of ofField) {
        list.push({ field, word })
        counts.set(word, (counts.get(word) ?? 0) + 1)
      }
    }
    hashes.push(`{${hashWords(account, list).join()}}`)
  }
  return sql`
    with given as (
      select item_id, hashes::int[] as words, pairs
      from unnest(${items.map(({ itemId }) => itemId)}::bigint[], ${hashes}::text[],
        ${items.map(({ sequence }) => pairFilter(account, sequence))}::bytea[]) as u (item_id, hashes, pairs)
    ), added as (
      insert into item_words (account_id, item_id, words, pairs)
      select ${account.id}, i.item_id, given.words, given.pairs
      from given join item i on i.account_id = ${account.id} and i.item_id = given.item_id
      for key share of i
      on conflict do nothing
      returning item_id
    )
    insert into erased_words (account_id, item_id, words, erased_at)
    select ${account.id}, item_id, words, ${now()} from given where item_id not in (select item_id from added)
    on conflict do nothing`
}

function entriesOf(counted: Counted): Entries {
  const entries = new Map<string, (number | undefined)[]>()
  for (const [field, ofField] of counted)
    for (const [word, count] of ofField) {
      const counts = entries.get(word) ?? []
      counts[field] = count
      entries.set(word, counts)
    }
  return entries
}
