/**
 * Indexes all messages of an account that are not indexed yet, and says how fast that went and how large the index is beside
 * the text. `node bench/index-all.ts ADDRESS`, with no server running.
 */
import { dirname } from 'node:path'
import { findAccount } from '#accounts'
import { readSummaries } from '#items'
import { MAIL, readMessage, readSummary } from '#mail'
import { indexBatch } from '#mail/indexing'
import { textForIndex } from '#formats/message'
import { loadConfig, openLog } from '#system'
import { openStorage, startDatabase } from '#storage'
import { cpuOfPostgres } from '../test/child.ts'

const [address = ''] = process.argv.slice(2)
const log = openLog('warn')
const config = loadConfig()
const database = await startDatabase(config, log)
const storage = await openStorage(config, database.url, 'zegel_app', log)
const entry = await findAccount(storage, address)
if (entry === undefined) throw new Error('no such account')
const account = await storage.openAccount(entry.id)

const startedAt = performance.now()
const cpuBefore = { node: process.cpuUsage(), database: cpuOfPostgres(dirname(config.dataFolder)) }
let [indexed, longestMs] = [0, 0]
for (let isDone = false; !isDone;) {
  const batchAt = performance.now()
  const batch = await indexBatch(storage, account.id)
  indexed += batch.indexed
  isDone = batch.isDone
  longestMs = Math.max(longestMs, performance.now() - batchAt)
}
const seconds = (performance.now() - startedAt) / 1000
const { user, system } = process.cpuUsage(cpuBefore.node)
const databaseMs = (cpuOfPostgres(dirname(config.dataFolder)) - cpuBefore.database) * 1000

/** Characters of header fields and bodies as the index takes them, in UTF-8, of some of the messages. */
const { rows: some } = await account.sql<{ item_id: number }>`
  select item_id from item where account_id = ${account.id} order by item_id desc limit 2000`
let text = 0
for (const [, bytes] of await readSummaries(
  account,
  MAIL,
  some.map((row) => row.item_id),
)) {
  const summary = readSummary(bytes)
  const message = await readMessage(account, summary.blob)
  if (message === undefined) continue
  const { body, names } = textForIndex(message)
  const people = [summary.from, summary.to, summary.cc, summary.bcc].flatMap((list) => list ?? [])
  const parts = [body, ...names, summary.subject, ...people.flatMap(({ name, email }) => [name, email])]
  text += Buffer.byteLength(parts.join('\n'))
}
const { rows } = await storage.database.sql<{
  rows: number
  table_bytes: number
  gin: number
  keys: number
  vocabulary: number
  chunks: number
  words: number
}>`
  select (select count(*) from item_words) as rows, pg_table_size('item_words') as table_bytes, pg_relation_size('item_words_by_word') as gin,
    pg_relation_size('item_words_pkey') as keys, (select sum(length(sealed)) from vocabulary)::bigint as vocabulary, (select count(*) from vocabulary) as chunks,
    (select sum(cardinality(words)) from item_words)::bigint as words`
const size = rows[0] as (typeof rows)[number]
const textBytes = (text / some.length) * size.rows
const mb = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
process.stdout.write(
  `indexed ${indexed} messages in ${seconds.toFixed(1)} s: ${Math.round(indexed / seconds)}/s, longest batch ${Math.round(longestMs)} ms, ` +
    `CPU a message ${((user + system) / 1000 / indexed).toFixed(2)} ms here and ${(databaseMs / indexed).toFixed(2)} ms in the database\n` +
    `text ${mb(textBytes)} (${Math.round(text / some.length)} bytes and ${Math.round(size.words / size.rows)} words a message), index ${mb(size.table_bytes + size.gin + size.keys + size.vocabulary)}: ` +
    `hashes ${mb(size.table_bytes)}, GIN ${mb(size.gin)}, keys ${mb(size.keys)}, vocabulary ${mb(size.vocabulary)} in ${size.chunks} chunks: ` +
    `${((size.table_bytes + size.gin + size.keys + size.vocabulary) / textBytes).toFixed(2)} times the text\n`,
)
await storage.close()
await database.stop()
