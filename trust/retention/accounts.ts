import {
  addressesOf,
  dueForErasing,
  findRecovery,
  readSettings,
  releaseDomainsOf,
  rememberFormer,
  tellEveryClosed,
} from '#accounts'
import { now } from '#system'
import { destroyAccountKey, Fragment, type Sql, type Storage } from '#storage'
import { isNotHeld } from '#trust/legal'
import { ACCOUNT_TABLES, newReceiptNumber, sealAddressee } from '#trust/receipts'

/** Rows in one transaction, and transactions in one step. */
const BATCH = 500
const MOST_BATCHES = 20

/** The account of blobs that are in the queue. */
const QUEUE_ACCOUNT = 0

/**
 * One step of erasing closed accounts whose time is over. The key goes first, by itself: from its commit nothing of the
 * account opens. Then its rows, table by table, then its files, then what names it. How far it is stands in the database,
 * so that whoever is killed anywhere goes on there; what was counted is counted once.
 * @param most  batches of rows in this step
 * @returns what was destroyed: 0 when nothing is left to do
 */
export async function eraseAccounts(storage: Storage, most = MOST_BATCHES): Promise<number> {
  const erasing = await findErasing(storage)
  return erasing === undefined ? beginErasing(storage) : goOn(storage, erasing, most)
}

interface Erasing {
  accountId: number
  receiptId: string
}

async function findErasing({ database }: Storage): Promise<Erasing | undefined> {
  const { rows } = await database.sql<Erasing>`
    select account_id as "accountId", receipt_id as "receiptId" from receipt
    where account_id is not null order by key_destroyed_at, receipt_id limit 1`
  return rows[0]
}

/** Destroys the key of the next account that is due, and writes down what the receipt will need. */
async function beginErasing(storage: Storage): Promise<number> {
  const { rows } = await storage.database.sql<{ account_id: number }>`
    select account_id from closure join account using (account_id)
    where state = 'closed' and ${dueForErasing()} and ${isNotHeld('closure', 'account')} order by erase_at, account_id limit 1`
  const [due] = rows
  if (due === undefined) return 0
  const { account_id: accountId } = due
  const receiptId = newReceiptNumber()
  const [directory, addresses, recovery, { language, timeZone }] = await Promise.all([
    storage.keys.serviceKey('directory'),
    addressesOf(storage, accountId),
    findRecovery(storage, accountId),
    storage.openAccount(accountId).then(readSettings),
  ])
  const external = recovery?.address ?? null
  const addressee = await sealAddressee(storage, receiptId, {
    address: addresses[0] ?? '',
    external,
    language,
    timeZone,
  })
  const isBegun = await storage.database.transaction(async (sql) => {
    // Asked again under the lock: it may have been reopened.
    const { rows: closures } = await sql<{ closed_at: Date }>`
      select closed_at from account join closure using (account_id)
      where account_id = ${accountId} and state = 'closed' and ${dueForErasing()} and ${isNotHeld('closure', 'account')} for update`
    const [closure] = closures
    if (closure === undefined) return false
    await sql`update account set state = 'erasing' where account_id = ${accountId}`
    await rememberFormer(sql, directory, addresses)
    const epoch = await destroyAccountKey(sql, accountId)
    await sql`
      insert into receipt (receipt_id, account_id, closed_at, key_destroyed_at, epoch, addressee)
      values (${receiptId}, ${accountId}, ${closure.closed_at}, ${now()}, ${epoch}, ${addressee})`
    return true
  })
  // Every process forgets the opened account.
  if (isBegun) tellEveryClosed(storage, accountId)
  return isBegun ? 1 : 0
}

async function goOn(storage: Storage, erasing: Erasing, most: number): Promise<number> {
  let erased = 0
  let batches = 0
  for (const { table } of LARGE_TABLES)
    for (;;) {
      if (batches === most) return erased
      const count = await eraseBatch(storage, table, erasing)
      if (count === 0) break
      batches++
      erased += count
    }
  await storage.blobs.removeFiles(erasing.accountId)
  return erased + (await finish(storage, erasing))
}

/** What the last transaction takes together: it names the account, or there is one row of it. */
const LAST = new Set(['password', 'consent', 'recovery', 'address', 'suspension', 'closure', 'account'])
const LARGE_TABLES = ACCOUNT_TABLES.filter(({ table }) => !LAST.has(table))

async function eraseBatch(storage: Storage, table: string, erasing: Erasing): Promise<number> {
  const { accountId } = erasing
  const { count, files } = await storage.database.transaction(async (sql) => {
    const removed = table === 'queue_letter' ? await dropLetters(sql, accountId) : await dropRows(sql, table, accountId)
    if (removed.count > 0) await addCounts(sql, erasing, { [table]: removed.count })
    return removed
  })
  for (const file of files) await storage.blobs.removeFile(QUEUE_ACCOUNT, file)
  return count
}

/** A name of the list above, never one from outside. */
const named = (table: string): Fragment => new Fragment([table], [])

async function dropRows(sql: Sql, table: string, accountId: number, most = BATCH): Promise<Removed> {
  // By place: some of these tables have no key that one statement could name for all.
  const { rowCount } = await sql`
    delete from ${named(table)} where ctid = any(array(
      select ctid from ${named(table)} where account_id = ${accountId} limit ${most}))`
  return { count: rowCount, files: [] }
}

interface Removed {
  count: number
  /** Files of the queue's, to be removed after the commit. */
  files: string[]
}

/** What the account sent and nobody has got yet, with the content, which is the queue's. */
async function dropLetters(sql: Sql, accountId: number): Promise<Removed> {
  const { rows: letters } = await sql<{ blob_id: string }>`
    delete from queue_letter where letter_id in (
      select letter_id from queue_letter where account_id = ${accountId} order by letter_id limit ${BATCH})
    returning blob_id`
  const { rows } = await sql<{ blob_id: string; is_file: boolean }>`
    delete from blob where account_id = ${QUEUE_ACCOUNT} and blob_id = any(${letters.map((row) => row.blob_id)}::uuid[])
    returning blob_id, content is null as is_file`
  return { count: letters.length, files: rows.filter((row) => row.is_file).map((row) => row.blob_id) }
}

/** Adds to what the receipt will say, in the transaction that removes it. */
async function addCounts(sql: Sql, { receiptId }: Erasing, counts: Readonly<Record<string, number>>): Promise<void> {
  await sql`
    update receipt set counts = counts || (
      select coalesce(jsonb_object_agg(given.table, given.count + coalesce((counts ->> given.table)::bigint, 0)), '{}')
      from unnest(${Object.keys(counts)}::text[], ${Object.values(counts)}::bigint[]) as given ("table", count))
    where receipt_id = ${receiptId}`
}

/** The rest, and the end: whatever somebody has still written meanwhile goes with it. */
async function finish({ database }: Storage, erasing: Erasing): Promise<number> {
  const { accountId, receiptId } = erasing
  return database.transaction(async (sql) => {
    const { rowCount } = await sql`
      select from receipt where receipt_id = ${receiptId} and account_id = ${accountId} for update`
    // Another process was faster.
    if (rowCount === 0) return 0
    const counts: Record<string, number> = {}
    await releaseDomainsOf(sql, accountId)
    for (const { table } of ACCOUNT_TABLES) {
      const { rowCount: gone } = await sql`delete from ${named(table)} where account_id = ${accountId}`
      if (gone > 0) counts[table] = gone
    }
    await addCounts(sql, erasing, counts)
    await sql`update receipt set account_id = null, erased_at = ${now()} where receipt_id = ${receiptId}`
    return Object.values(counts).reduce((sum, count) => sum + count, 0)
  })
}
