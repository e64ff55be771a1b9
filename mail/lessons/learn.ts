import { MAIL, readMessage, readSummary } from '#mail'
import {
  featuresOfMessage,
  keyedFeatures,
  loadTraining,
  LOOKED_AT_BYTES,
  storeTraining,
  teach,
  type Lesson,
} from '#mail/antispam'
import type { OpenAccount, Sql, Storage } from '#storage'
import { Refusal } from '#system'
import { lessonOf, type Known } from './lesson.ts'
import { touchedSince, type Place, type TouchedItem } from './touched.ts'

/** Letters that are looked at in one go, and of these learnt. */
const MOST_TOUCHED = 2000
const MOST_LEARNT = 50

export interface Learnt {
  /** Letters that were learnt, anew or as the opposite. */
  learnt: number
  /** Whether nothing of the account waits any more. */
  isDone: boolean
}

/**
 * Learns what the owner of an account has taught since the last time: counts, which letters were learnt and how far the account was looked at in
 * one transaction, so that each letter counts once, whatever ends in the middle. An account that cannot be opened any more has nothing to learn.
 * @param most  letters looked at in one go
 */
export async function learnNext(storage: Storage, accountId: number, most = MOST_TOUCHED): Promise<Learnt> {
  const account = await storage.openAccount(accountId).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'notFound') return undefined
    throw error
  })
  if (account === undefined) return { learnt: 0, isDone: true }
  // Nearly always there is nothing to learn, and then no transaction is needed: all there is to note is how far that is so.
  const { change, itemId } = await placeOf(account, account.sql)
  const { items, upTo, isDone } = await touchedSince(account, { change, itemId }, most, account.sql)
  if (items.some(saysSomething)) return learnLocked(storage, account, most)
  await account.sql`
    insert into spam_training (account_id, change, item_id) values (${account.id}, ${upTo.change}, ${upTo.itemId})
    on conflict (account_id) do update set change = excluded.change, item_id = excluded.item_id
    where (spam_training.change, spam_training.item_id) < (excluded.change, excluded.item_id)`
  return { learnt: 0, isDone }
}

const saysSomething = (item: TouchedItem): boolean =>
  lessonOf(item, item.known) !== undefined || (item.known !== undefined && item.known.said !== item.said)

function learnLocked({ database }: Storage, account: OpenAccount, most: number): Promise<Learnt> {
  return database.transaction(async (sql) => {
    await sql`
      insert into spam_training (account_id, change, item_id) values (${account.id}, 0, 0) on conflict do nothing`
    // The lock by which several learners take turns.
    await sql`select from spam_training where account_id = ${account.id} for update`
    const look = await touchedSince(account, await placeOf(account, sql), most, sql)
    const { learnt, heard, upTo } = choose(look.items)
    await learn(account, sql, learnt)
    await note(account, sql, heard)
    const { change, itemId } = upTo ?? look.upTo
    await sql`
      update spam_training set change = ${change}, item_id = ${itemId} where account_id = ${account.id}`
    return { learnt: learnt.length, isDone: upTo === undefined && look.isDone }
  })
}

async function placeOf(account: OpenAccount, sql: Sql): Promise<Place> {
  const { rows } = await sql<{ change: number; item_id: number }>`
    select change, item_id from spam_training where account_id = ${account.id}`
  const [state] = rows
  return { change: state?.change ?? 0, itemId: state?.item_id ?? 0 }
}

/** A letter to learn. */
interface Chosen {
  item: TouchedItem
  isJunk: boolean
  /** As what it was learnt before. */
  before: Known | undefined
}

/** What is to be learnt and noted of these letters, and up to where, when that is not all. A letter that is there twice is one. */
function choose(items: readonly TouchedItem[]): {
  learnt: Chosen[]
  heard: Map<string, Known>
  upTo: Place | undefined
} {
  const learnt: Chosen[] = []
  const heard = new Map<string, Known>()
  for (const item of items) {
    const known = heard.get(item.blobId) ?? item.known
    const isJunk = lessonOf(item, known)
    const now = isJunk ?? known?.isJunk
    if (now !== undefined && (isJunk !== undefined || known?.said !== item.said))
      heard.set(item.blobId, { isJunk: now, said: item.said })
    if (isJunk === undefined) continue
    learnt.push({ item, isJunk, before: known })
    if (learnt.length >= MOST_LEARNT) return { learnt, heard, upTo: item.at }
  }
  return { learnt, heard, upTo: undefined }
}

async function learn(account: OpenAccount, sql: Sql, chosen: readonly Chosen[]): Promise<void> {
  if (chosen.length === 0) return
  const { rows } = await sql<{ item_id: number; sealed: Buffer }>`
    select item_id, sealed from item_summary
    where account_id = ${account.id} and item_id = any(${chosen.map(({ item }) => item.itemId)}::bigint[])`
  const summaries = new Map(rows.map((row) => [row.item_id, row.sealed]))
  const lessons: Lesson[] = []
  for (const { item, isJunk, before } of chosen) {
    const sealed = summaries.get(item.itemId)
    if (sealed === undefined) continue
    const { blob } = readSummary(account.open('item', item.itemId, sealed))
    const message = await readMessage(account, blob, LOOKED_AT_BYTES)
    // What is gone or does not open teaches nothing, and does not hold up the others.
    if (message === undefined) continue
    const features = keyedFeatures(account, featuresOfMessage(message))
    if (before !== undefined) lessons.push({ features, isJunk: before.isJunk, isUndone: true })
    lessons.push({ features, isJunk, isUndone: false })
  }
  if (lessons.length > 0) await storeTraining(account, sql, teach(await loadTraining(account, sql), lessons))
}

async function note(account: OpenAccount, sql: Sql, heard: ReadonlyMap<string, Known>): Promise<void> {
  if (heard.size === 0) return
  const known = [...heard.values()]
  await sql`
    insert into spam_lesson (account_id, blob_id, is_junk, said_junk)
    select ${account.id}::bigint, h.blob_id, h.is_junk, h.said_junk
    from unnest(${[...heard.keys()]}::uuid[], ${known.map(({ isJunk }) => isJunk)}::boolean[], ${known.map(({ said }) => said)}::boolean[])
      as h (blob_id, is_junk, said_junk)
    join blob b on b.account_id = ${account.id} and b.blob_id = h.blob_id
    on conflict (account_id, blob_id) do update set is_junk = excluded.is_junk, said_junk = excluded.said_junk`
}

/** Accounts in which something has changed since they were looked at. */
export async function accountsToLookAt({ database }: Pick<Storage, 'database'>): Promise<number[]> {
  const { rows } = await database.sql<{ account_id: number }>`
    select k.account_id from kind_state k left join spam_training t on t.account_id = k.account_id
    where k.kind = ${MAIL} and k.items_change > coalesce(t.change, 0)`
  return rows.map((row) => row.account_id)
}
