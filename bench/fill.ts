/**
 * Fills a mailbox set-wise, far faster than mail arrives: for measuring what a large one costs.
 * `node bench/fill.ts ADDRESS MAILBOX COUNT [varied | mixed]` beside a running server. Many items share the content of a few hundred
 * generated messages, as copies do; each has a summary of its own, sealed for its own row. `varied` gives each a content of
 * its own, in words that people write; `mixed` one of the sizes that mail has, 24 KB on average.
 */
import { findAccount } from '#accounts'
import { createFolder, FLAG, listFolders } from '#items'
import { MAIL, prepareMessage, type Summary } from '#mail'
import { loadConfig, openLog } from '#system'
import { newId, openStorage, startDatabase } from '#storage'
import { variedLetters } from './varied.ts'

interface Generator {
  message(seed: number, index: number, mix: string, to: string): { data: Buffer; date: Date }
}

const BATCH = 2000
const DIFFERENT = 300

const [address = '', mailbox = '', wanted = '0', kind] = process.argv.slice(2)
const count = Number(wanted)
const { message } = (await import(new URL('../../shared/bench/load/lib.mjs', import.meta.url).href)) as Generator
const log = openLog('warn')
const config = loadConfig()
const database = await startDatabase(config, log)
const storage = await openStorage(config, database.url, 'zegel_app', log)
const entry = await findAccount(storage, address)
if (entry === undefined) throw new Error('no such account')
const account = await storage.openAccount(entry.id)
const folderId =
  (await listFolders(account, MAIL)).find(({ name }) => name === mailbox)?.id ??
  (await account.write((tx) => createFolder(tx, { kind: MAIL, name: mailbox })))

type Prepared = Summary & { json: string }

async function prepare(contents: Buffer[]): Promise<Prepared[]> {
  const ready = await Promise.all(contents.map((content) => prepareMessage(account, content)))
  await account.sql`
    insert into blob (account_id, blob_id, sealed_size, content, created_at)
    select ${account.id}, b.id, b.size, b.content, now()
    from unnest(${ready.map(({ blob }) => blob.ref.id)}::uuid[], ${ready.map(({ blob }) => blob.sealedSize)}::bigint[],
      ${ready.map(({ blob }) => blob.content ?? null)}::bytea[]) as b (id, size, content)`
  return ready.map(({ summary }) => ({ ...summary, json: JSON.stringify(summary) }))
}

const CONTENTS: Record<string, () => (index: number, to: string) => Buffer> = {
  varied: variedLetters,
  mixed: () => (index, to) => message(1000 + count, index, 'mix', to).data,
}
const letters = CONTENTS[kind ?? '']?.()
const few = letters === undefined ? Math.min(DIFFERENT, count) : 0
const shared = await prepare(
  Array.from({ length: few }, (_, index) => message(1000 + count, index, count <= 10_000 ? 'mix' : 't', address).data),
)

const begin = Date.UTC(2021, 0, 1)
for (let done = 0; done < count; done += BATCH) {
  const own =
    letters === undefined
      ? undefined
      : await prepare(Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => letters(done + i, address)))
  await account.write(async (tx) => {
    const rows = Array.from({ length: Math.min(BATCH, count - done) }, (_, i) => {
      const index = done + i
      const summary = (own?.[i] ?? shared[index % shared.length]) as Prepared
      const id = newId()
      return {
        id,
        uid: index + 1,
        summary,
        sealed: account.seal('item', id, summary.json),
        flags: (index % 3 === 0 ? 0 : FLAG.seen) | (summary.hasAttachment ? FLAG.hasAttachment : 0),
        at: new Date(begin + index * 120_000).toISOString(),
      }
    })
    // Two of three messages are threads of their own, the third joins the one before it.
    const threads = rows.map((row, i) => (i % 3 === 2 ? (rows[i - 1] as typeof row).id : row.id))
    await tx.sql`
      with summary as (
        insert into item_summary (account_id, item_id, sealed)
        select ${account.id}, s.id, s.sealed from unnest(${rows.map((r) => r.id)}::bigint[], ${rows.map((r) => r.sealed)}::bytea[]) as s (id, sealed)
      ), change as (
        insert into item_change (account_id, kind, change, items) values (${account.id}, ${MAIL}, ${tx.change}, ${rows.map((r) => r.id)}::bigint[])
      )
      insert into item (account_id, item_id, kind, thread_id, blob_id, size, flags, received_at, created_change, change)
      select ${account.id}, r.id, ${MAIL}, r.thread, r.blob, r.size, r.flags, r.at, ${tx.change}, ${tx.change}
      from unnest(${rows.map((r) => r.id)}::bigint[], ${threads}::bigint[], ${rows.map((r) => r.summary.blob.id)}::uuid[],
        ${rows.map((r) => r.summary.blob.size)}::bigint[], ${rows.map((r) => r.flags)}::int[], ${rows.map((r) => r.at)}::timestamptz[])
        as r (id, thread, blob, size, flags, at)`
    await tx.sql`
      insert into placement (account_id, folder_id, uid, item_id, received_at, change)
      select ${account.id}, ${folderId}, r.uid, r.id, r.at, ${tx.change}
      from unnest(${rows.map((r) => r.uid)}::bigint[], ${rows.map((r) => r.id)}::bigint[], ${rows.map((r) => r.at)}::timestamptz[]) as r (uid, id, at)`
  })
}
await account.write(async (tx) => {
  await tx.sql`
    insert into folder_thread (account_id, folder_id, thread_id, total, unread, latest_at, latest_item)
    select i.account_id, p.folder_id, i.thread_id, count(*), count(*) filter (where i.flags & 9 = 0), max(p.received_at),
      (array_agg(i.item_id order by p.received_at desc))[1]
    from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
    where p.account_id = ${account.id} and p.folder_id = ${folderId} group by 1, 2, 3`
  await tx.sql`
    update folder f set uid_next = ${count + 1}, total = t.total, unread = t.unread, threads = t.threads, unread_threads = t.unread_threads, items_change = ${tx.change}
    from (select sum(total) as total, sum(unread) as unread, count(*) as threads, count(*) filter (where unread > 0) as unread_threads
      from folder_thread where account_id = ${account.id} and folder_id = ${folderId}) as t
    where f.account_id = ${account.id} and f.folder_id = ${folderId}`
  await tx.sql`
    insert into kind_state (account_id, kind, folders_change, items_change) values (${account.id}, ${MAIL}, ${tx.change}, ${tx.change})
    on conflict (account_id, kind) do update set folders_change = excluded.folders_change, items_change = excluded.items_change`
})
const { rows: tables } = await storage.database.sql<{ name: string; mb: number; indexes: number }>`
  select relname as name, round(pg_table_size(oid) / 1e6)::int as mb, round(pg_indexes_size(oid) / 1e6)::int as indexes
  from pg_class where relkind = 'r' and relname in ('item', 'item_summary', 'item_change', 'placement', 'folder_thread') order by 1`
process.stdout.write(
  `${count} more messages: ${tables.map(({ name, mb, indexes }) => `${name} ${mb} MB + ${indexes} MB of indexes`).join(', ')}\n`,
)
await storage.close()
await database.stop()
