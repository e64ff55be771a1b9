import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { now, Refusal, type Config, type Log } from '#system'
import { openBlobStore, type BlobStore } from './blobs/store.ts'
import { connectDatabase, target, unavailable, type Sql } from './database/connect.ts'
import { copyIn } from './database/copy.ts'
import { isHalfRestored, migrate } from './database/migrate.ts'
import { startPostgres } from './database/postgres.ts'
import type { OpenedCopy } from './keys/copy.ts'
import { writeEpochs } from './keys/masterkey.ts'

/** An empty database into which a backup is read. Until `finish` it carries a mark, with which no server starts on it. */
export interface Restoring {
  sql: Sql
  blobs: BlobStore
  /** Makes the schema as of a migration; brings one that is there further. */
  migrate(upTo?: number): Promise<void>
  /** Reads rows, as COPY wrote them, into a table. @returns how many */
  copy(table: string, columns: readonly string[], bytes: AsyncIterable<Uint8Array>): Promise<number>
  /** Takes out the rows of some accounts. */
  remove(table: string, accounts: readonly number[]): Promise<void>
  /** Puts the keys in. */
  putKeys(copy: OpenedCopy): Promise<void>
  /** Takes the mark away: what was read is whole. */
  finish(): Promise<void>
  /** Without `finish`, the next attempt begins anew. */
  close(): Promise<void>
}

/**
 * Starts our own PostgreSQL, or takes the one that the settings name, and makes sure that nothing would be overwritten.
 * What an attempt before this one left is removed.
 * @throws Refusal 'exists' when there is anything of a service already
 */
export async function startRestoring(config: Config, log: Log): Promise<Restoring> {
  const { url } = config.database
  const handle =
    url === undefined ? await startPostgres(config.dataFolder, log, true) : { url, stop: async () => undefined }
  const client = new pg.Client({ ...target(handle.url), application_name: 'zegel restore' })
  client.on('error', () => undefined)
  const database = connectDatabase({ url: handle.url, log, shared: 1, transactions: 1 })
  const close = async (): Promise<void> => {
    await client.end().catch(() => undefined)
    await database.close()
    await handle.stop()
  }
  const blobFolder = join(config.dataFolder, 'blobs')
  try {
    await client.connect()
    const { rows } = await client.query<{ got: boolean }>(
      "select pg_try_advisory_lock(hashtext('zegel restore')) as got",
    )
    if (rows[0]?.got !== true) throw new Refusal('exists', { fields: ['a backup is being read into it already'] })
    await makeEmpty(client, blobFolder)
    // Nothing is waited for before the end: `finish` waits for all that was written before it.
    await client.query('set synchronous_commit = off')
    await database.sql`set synchronous_commit = off`
  } catch (error) {
    await close()
    throw unavailable(error)
  }
  /** What our own connection says in PostgreSQL's words, in ours. */
  const told = async <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: unknown) => {
      throw unavailable(error)
    })
  const quoted = (name: string): string => name.split('.').map(pg.escapeIdentifier).join('.')
  return {
    sql: database.sql,
    blobs: openBlobStore(blobFolder),
    migrate: (upTo) => migrate(target(handle.url), log, { isRestoring: true, ...(upTo === undefined ? {} : { upTo }) }),
    copy: (table, columns, bytes) =>
      told(copyIn(client, `${quoted(table)} (${columns.map(quoted).join(', ')})`, bytes)),

    async remove(table, accounts) {
      await told(client.query(`delete from ${quoted(table)} where account_id = any($1::bigint[])`, [accounts]))
    },

    async putKeys({ epoch, wraps, publicKey }) {
      const { sql } = database
      await sql`insert into keys.epoch (epoch) values (${epoch})`
      for (let at = 0; at < wraps.length; at += 1000) {
        const some = wraps.slice(at, at + 1000)
        await sql`
          insert into keys.wrap (place, epoch, wrapped)
          select * from unnest(${some.map(({ place }) => place)}::text[], ${some.map((wrap) => wrap.epoch)}::int[],
            ${some.map(({ wrapped }) => wrapped)}::bytea[])`
      }
      if (publicKey !== undefined)
        await sql`insert into keys.recovery (public_key, made_at) values (${publicKey}, ${now()})`
    },

    async finish() {
      await told(client.query('set synchronous_commit = on'))
      await told(client.query('drop table restoring'))
    },
    close,
  }
}

/** What may be removed: a schema that a start without accounts has made, and what carries the mark. */
async function makeEmpty(client: pg.Client, blobFolder: string): Promise<void> {
  const wasBegun = await isHalfRestored(client)
  if (!wasBegun) {
    const { rows } = await client.query<{ tables: string[] }>(
      "select array(select tablename::text from pg_tables where schemaname = 'public') as tables",
    )
    const tables = new Set(rows[0]?.tables)
    if (tables.size > 0 && !tables.has('migration'))
      throw new Refusal('exists', { fields: ['database: it is not empty, and not ours'] })
    const used = tables.has('account')
      ? await client.query('select from account union all select from domain limit 1')
      : { rowCount: 0 }
    if (used.rowCount !== 0)
      throw new Refusal('exists', { fields: ['database: it is not empty; a backup is read into an empty one only'] })
    if (existsSync(blobFolder) && readdirSync(blobFolder).length > 0)
      throw new Refusal('exists', { fields: [`${blobFolder}: it is not empty`] })
  }
  await client.query('begin')
  await client.query('drop schema if exists keys, graphile_worker cascade')
  await client.query('drop schema public cascade')
  await client.query('create schema public')
  await client.query('create table restoring (since timestamptz not null default now())')
  await client.query('commit')
  if (wasBegun) rmSync(blobFolder, { recursive: true, force: true })
}

/** Writes the master key's file from what a copy of the keys holds. @throws Refusal 'exists' rather than replace one */
export function writeKeyFile(file: string, { epoch, master }: Pick<OpenedCopy, 'epoch' | 'master'>): void {
  if (existsSync(file)) throw new Refusal('exists', { fields: [`${file}: there is a master key already`] })
  writeEpochs(file, new Map([[epoch, master]]))
}
