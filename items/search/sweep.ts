import { nowMs, Refusal } from '#system'
import type { OpenAccount, Storage } from '#storage'
import { hashWords, type FieldWord } from './hashes.ts'
import { mergeSegments, type Counts, type Entries } from './vocabulary/segment.ts'
import { openChunk, replaceChunks, type ChunkRow } from './vocabulary/store.ts'

/** Erased items wait this long for others of their account: the whole vocabulary is written anew for them. */
const GATHER_MS = 3_600_000

/** Accounts of one call. */
const MOST_ACCOUNTS = 20

/**
 * Forgets words that no item has any more. The hashes of erased items tell how often each word went: what is then counted
 * nowhere goes. Called by retention; an erased item's words are forgotten within an hour.
 * @returns erased items that are settled
 */
export async function forgetWords(storage: Storage): Promise<number> {
  const { rows } = await storage.database.sql<{ account_id: number }>`
    select account_id from erased_words group by account_id
    having min(erased_at) < ${new Date(nowMs() - GATHER_MS)} limit ${MOST_ACCOUNTS}`
  let settled = 0
  for (const { account_id: id } of rows) {
    const account = await storage.openAccount(id).catch((error: unknown) => {
      if (error instanceof Refusal && error.reason === 'notFound') return undefined
      throw error
    })
    // Without its key nothing of the account opens any more.
    settled += await (account === undefined ? dropWordsOf(storage, id) : forgetWordsOf(storage, account))
  }
  return settled
}

async function dropWordsOf({ database }: Storage, accountId: number): Promise<number> {
  await database.sql`delete from vocabulary where account_id = ${accountId}`
  return (await database.sql`delete from erased_words where account_id = ${accountId}`).rowCount
}

/** The same for one account, without waiting for others: what was erased because its owner asked for it is gone at once. */
export async function forgetWordsOf({ database }: Storage, account: OpenAccount): Promise<number> {
  return database.transaction(async (sql) => {
    // Indexers of this account wait.
    await sql`select from index_state where account_id = ${account.id} for update`
    const { rows } = await sql<{ words: number[] }>`
      delete from erased_words where account_id = ${account.id} returning words`
    const chunks = await sql<ChunkRow & { level: number }>`
      select chunk, level, sealed from vocabulary where account_id = ${account.id}`
    const gone = new Map<number, number>()
    for (const { words } of rows) for (const hash of words) gone.set(hash, (gone.get(hash) ?? 0) + 1)
    const left = without(account, mergeSegments(chunks.rows.map((row) => openChunk(account, row))), gone)
    const level = Math.max(0, ...chunks.rows.map((row) => row.level))
    await replaceChunks(account, sql, chunks.rows, left, level)
    return rows.length
  })
}

function without(account: OpenAccount, entries: Entries, gone: ReadonlyMap<number, number>): Entries {
  const list: (FieldWord & { count: number })[] = []
  for (const [word, counts] of entries)
    for (const [field, count] of counts.entries()) if (count) list.push({ field, word, count })
  const hashes = hashWords(account, list)
  const left = new Map<string, (number | undefined)[]>()
  for (const [index, { field, word, count }] of list.entries()) {
    const rest = count - (gone.get(hashes[index] as number) ?? 0)
    if (rest <= 0) continue
    const counts = left.get(word) ?? []
    counts[field] = rest
    left.set(word, counts)
  }
  return left satisfies Map<string, Counts>
}
