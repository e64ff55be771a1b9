import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { newId, type OpenAccount, type Sql } from '#storage'
import { decodeSegment, encodeEntries, mergeSegments, type Entries, type Segment } from './segment.ts'

/** Chunks of one level that are merged into one of the next. */
const FAN = 4

/** Bytes that a chunk opens to at most. */
const MOST_BYTES = 512 * 1024 * 1024

export interface ChunkRow {
  chunk: number
  sealed: Buffer
}

export const openChunk = (account: OpenAccount, { chunk, sealed }: ChunkRow): Segment =>
  decodeSegment(zstdDecompressSync(account.open('vocabulary', chunk, sealed), { maxOutputLength: MOST_BYTES }))

/**
 * Adds the words of some items: as a chunk of their own, so that it costs what they do; chunks that have become several of
 * one size are merged. The caller holds the lock on the account's `index_state`.
 * @param items  how many items they are of, which says how large the chunk is
 */
export async function appendWords(account: OpenAccount, sql: Sql, entries: Entries, items: number): Promise<void> {
  if (entries.size === 0) return
  let level = Math.floor(Math.log(Math.max(1, items)) / Math.log(FAN) + 1e-9)
  await insertChunk(account, sql, entries, level)
  for (;;) {
    const { rows } = await sql<ChunkRow>`
      select chunk, sealed from vocabulary where account_id = ${account.id} and level = ${level}
        and (select count(*) from vocabulary where account_id = ${account.id} and level = ${level}) >= ${FAN}`
    if (rows.length === 0) return
    await replaceChunks(account, sql, rows, mergeSegments(rows.map((row) => openChunk(account, row))), ++level)
  }
}

/** Puts one chunk in the place of others. */
export async function replaceChunks(
  account: OpenAccount,
  sql: Sql,
  chunks: readonly Pick<ChunkRow, 'chunk'>[],
  entries: Entries,
  level: number,
): Promise<void> {
  await sql`
    delete from vocabulary where account_id = ${account.id} and chunk = any(${chunks.map(({ chunk }) => chunk)}::bigint[])`
  if (entries.size > 0) await insertChunk(account, sql, entries, level)
}

async function insertChunk(account: OpenAccount, sql: Sql, entries: Entries, level: number): Promise<void> {
  const chunk = newId()
  const sealed = account.seal('vocabulary', chunk, zstdCompressSync(encodeEntries(entries)))
  await sql`insert into vocabulary (account_id, chunk, level, sealed) values (${account.id}, ${chunk}, ${level}, ${sealed})`
}
