import { fragment as f, type Fragment, type OpenAccount } from '#storage'
import { hashWords, type FieldWord } from './hashes.ts'
import { countsOf } from './vocabulary/find.ts'
import type { Vocabulary } from './vocabulary/open.ts'
import { alternatives, conditionOf, lookAt, type WordsQuery } from './words-query.ts'

/** Looking at an item costs as much as fetching so many from the index, and with each so many hashes as much again. */
const LOOK = 4
const ALTERNATIVES = 25

/**
 * The ids of indexed items that a question finds: all of them, in no order, for those who know the items and need
 * nothing but this. Where few are in question those are looked at, else the index is asked; then others may be among what is found.
 */
export async function itemsFound(
  account: OpenAccount,
  { asks, most }: WordsQuery,
  among: readonly number[],
): Promise<number[]> {
  if (asks === false || among.length === 0) return []
  if (asks === true) return packed(account, f`(${amongRows(account, among)}) as w`)
  const isFew = among.length * LOOK * (1 + alternatives(asks) / ALTERNATIVES) < most
  return isFew
    ? packed(account, f`(${amongRows(account, among)} and (${lookAt(asks)})) as w`)
    : packed(account, f`(select account_id, item_id from item_words w where ${conditionOf(asks)} offset 0) as w`)
}

/** "offset 0" keeps the ids in front: the rows are then looked up one after the other. */
const amongRows = (account: OpenAccount, among: readonly number[]): Fragment =>
  f`select w.account_id, w.item_id from (select unnest(${[...among]}::bigint[]) as item_id offset 0) as wanted
    join item_words w on w.account_id = ${account.id} and w.item_id = wanted.item_id where true`

async function packed(account: OpenAccount, source: Fragment): Promise<number[]> {
  const { rows } = await account.sql<{ ids: Buffer | null }>`
    select string_agg(int8send(item_id), '') as ids from ${source} where w.account_id = ${account.id}`
  const ids = rows[0]?.ids ?? Buffer.alloc(0)
  return Array.from(
    { length: ids.length / 8 },
    (_, index) => ids.readInt32BE(index * 8) * 4_294_967_296 + ids.readUInt32BE(index * 8 + 4),
  )
}

/** Accounts of which it was seen, with the hash: it stays so, for what is indexed from now on has the word. */
const seen = new WeakMap<OpenAccount, Set<number>>()

/**
 * Whether every item that is indexed has a word, as one that a later version of the index began to give to all: then what it
 * does not find there is nowhere.
 */
export async function areAllIndexedWith(
  account: OpenAccount,
  vocabulary: Vocabulary,
  word: FieldWord,
): Promise<boolean> {
  const [hash = 0] = hashWords(account, [word])
  if (seen.get(account)?.has(hash)) return true
  // Words of erased items are counted until they are forgotten.
  const { rows } = await account.sql<{ count: number }>`
    select (select count(*) from item_words where account_id = ${account.id})
      + (select count(*) from erased_words where account_id = ${account.id}) as count`
  if (rows[0]?.count !== countsOf(vocabulary, word.word)[word.field]) return false
  seen.set(account, (seen.get(account) ?? new Set()).add(hash))
  return true
}
