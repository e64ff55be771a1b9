import { forgetWordsOf } from '#items'
import { storeTraining, UNTAUGHT } from '#mail/antispam'
import { CORRESPONDENT, KNOWN_DOMAINS } from '#mail/correspondents'
import { SEEN } from '#mail/scripts'
import { ANSWER } from '#mail/vacation'
import { fragment, type OpenAccount, type Storage } from '#storage'
import { now, Refusal } from '#system'
import { holdOn } from '#trust/legal'
import { noteErased } from './erased.ts'
import { dropBlobs, eraseBatch, eraseTransfers, type BlobRow } from './rules.ts'

/** Rows in one transaction. */
const BATCH = 500

/** Does one batch and returns how much it erased; called until that is nothing. `before` is when its owner asked for it. */
type Erase = (storage: Storage, account: OpenAccount, before: Date) => Promise<number>

/** What is erased before its time when its owner asks for it; called as the rule that would have ended it, where there is one. Whether they may is for `trust/held` to say. */
const ON_REQUEST = {
  deletedItems: (storage, account, before) =>
    eraseBatch(storage, fragment`account_id = ${account.id} and deleted_at <= ${before} and not is_replaced`),
  records: eraseRemoved,
  removedFolders: async ({ database }, { id }, before) =>
    (await database.sql`delete from removed_folder where account_id = ${id} and at <= ${before}`).rowCount,
  // With what they took away.
  deletions: async ({ database }, { id }, before) =>
    (
      await database.sql`
        delete from deletion d where account_id = ${id} and last_at <= ${before} and not exists (
          select from item i where i.account_id = d.account_id and i.deletion_id = d.deletion_id and i.deleted_at is not null)
          and not exists (select from record r where r.account_id = d.account_id and r.deletion_id = d.deletion_id)`
    ).rowCount,
  uploads: eraseUploads,
  transfers: (storage, account) => eraseTransfers(storage, false, account.id),
  collections: async ({ database }, { id }) =>
    (await database.sql`delete from collection where account_id = ${id}`).rowCount,
  stories: eraseStories,
  spamTraining: forgetTraining,
  // No client knows of these.
  vacationAnswers: async ({ database }, { id }) =>
    (await database.sql`delete from record where account_id = ${id} and kind = any(${[ANSWER, SEEN]})`).rowCount,
  notes: (storage, account) => eraseRecords(storage, account, ['note']),
  correspondents: (storage, account) => eraseRecords(storage, account, [CORRESPONDENT, ...KNOWN_DOMAINS]),
  countries: async ({ database }, account) =>
    (await database.sql`delete from sent_from where account_id = ${account.id}`).rowCount,
} as const satisfies Record<string, Erase>

export type Erasable = keyof typeof ON_REQUEST
export const ERASABLE = Object.keys(ON_REQUEST) as Erasable[]

/** What an order to preserve deleted things keeps from vanishing. */
const HELD: readonly Erasable[] = ['deletedItems', 'records', 'removedFolders', 'deletions']

/**
 * Why something of an account cannot vanish now: an order of an authority holds it, which its owner may be told (`ordered`) or not
 * (`kept`). Undefined when nothing holds it.
 */
export async function keptBack(account: OpenAccount, what: readonly string[]): Promise<'ordered' | 'kept' | undefined> {
  const hold = what.some((each) => (HELD as readonly string[]).includes(each)) && (await holdOn(account, 'deleted'))
  if (!hold) return undefined
  return hold.isTold ? 'ordered' : 'kept'
}

/**
 * Erases at once, in batches, what an account has of something. What comes meanwhile stays. A crash in the middle leaves the rest as it
 * was.
 * @returns how much went
 * @throws Refusal 'forbidden' with the field `ordered` or `kept` where an order holds it
 */
export async function eraseOnRequest(storage: Storage, account: OpenAccount, what: Erasable): Promise<number> {
  const kept = await keptBack(account, [what])
  if (kept !== undefined) throw new Refusal('forbidden', { fields: [kept] })
  const before = now()
  let count = 0
  for (;;) {
    const some = await ON_REQUEST[what](storage, account, before)
    if (some === 0) break
    count += some
  }
  if (count > 0) await noteErased(storage, what, count)
  // The words that only they had go with them.
  if (what === 'deletedItems' && count > 0) await forgetWordsOf(storage, account)
  return count
}

/** What was removed of the small things. An older client is told to start again. */
function eraseRemoved({ database }: Storage, { id }: OpenAccount, before: Date): Promise<number> {
  return database.transaction(async (sql) => {
    const { rows } = await sql<{ change: number }>`
      delete from record where (account_id, kind, record_id) in (
        select account_id, kind, record_id from record
        where account_id = ${id} and removed_at <= ${before} limit ${BATCH} for update skip locked)
      returning change`
    const floor = Math.max(0, ...rows.map(({ change }) => change))
    if (floor > 0)
      await sql`update account set vanished_floor = greatest(vanished_floor, ${floor}) where account_id = ${id}`
    return rows.length
  })
}

/** All of these kinds, also what was removed. With a change number of its own, so that clients hear of it. */
function eraseRecords(_storage: Storage, account: OpenAccount, kinds: readonly string[]): Promise<number> {
  return account.write(async ({ sql, change }) => {
    const { rowCount } = await sql`
      delete from record where account_id = ${account.id} and kind = any(${kinds}::text[])`
    if (rowCount > 0) await sql`update account set vanished_floor = ${change} where account_id = ${account.id}`
    return rowCount
  })
}

async function eraseUploads(storage: Storage, account: OpenAccount, before: Date): Promise<number> {
  const { count, files } = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<BlobRow>`
      delete from upload where (account_id, blob_id) in (
        select account_id, blob_id from upload
        where account_id = ${account.id} and created_at <= ${before} limit ${BATCH} for update skip locked)
      returning account_id, blob_id`
    return { count: rows.length, files: await dropBlobs(sql, rows) }
  })
  for (const file of files) await storage.blobs.removeFile(file.account_id, file.blob_id)
  return count
}

/** What waits for its owner's decision has a letter in it, and stays. */
async function eraseStories(storage: Storage, account: OpenAccount, before: Date): Promise<number> {
  return (
    await storage.database.sql`
      delete from story where (account_id, story_id) in (
        select account_id, story_id from story
        where account_id = ${account.id} and at <= ${before} and blob_id is null limit ${BATCH} for update skip locked)`
  ).rowCount
}

/** The number of lessons grows, so that no process goes by what it remembers. */
function forgetTraining({ database }: Storage, account: OpenAccount): Promise<number> {
  return database.transaction(async (sql) => {
    // The lock by which learners take turns.
    const { rows } = await sql<{ lessons: number }>`
      select lessons from spam_training where account_id = ${account.id} and sealed is not null for update`
    const [before] = rows
    if (before !== undefined) await storeTraining(account, sql, { ...UNTAUGHT, lessons: before.lessons + 1 })
    return (await sql`delete from spam_lesson where account_id = ${account.id}`).rowCount
  })
}
