import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { runMigrations } from 'graphile-worker'
import { Refusal, type Log } from '#system'
import { unavailable } from './connect.ts'

const FOLDER = join(import.meta.dirname, '..', 'migrations')

/**
 * Brings the schema to the newest version: every file of `migrations/` in the order of its number, once, each in a
 * transaction, one process at a time. Refuses a database that could lose what it acknowledged, is too old, or was
 * made by a newer program, or holds half a backup.
 * @param upTo  the last migration that is made; all when it is not said
 * @throws Refusal 'invalid', 'unavailable'
 */
export async function migrate(
  connection: pg.ClientConfig,
  log: Log,
  { upTo = Infinity, isRestoring = false } = {},
): Promise<void> {
  const client = new pg.Client({ ...connection, application_name: 'zegel migrate' })
  client.on('error', () => undefined)
  try {
    await client.connect()
    await refuseUnsafe(client)
    await client.query('select pg_advisory_lock(hashtext($1))', ['zegel migrations'])
    if (!isRestoring && (await isHalfRestored(client)))
      throw new Refusal('invalid', {
        fields: ['database: a backup was not read to its end; "zegel restore" begins it again'],
      })
    await client.query(
      'create table if not exists migration (number int primary key, name text not null, applied_at timestamptz not null default now())',
    )
    const { rows } = await client.query<{ number: number }>('select number from migration')
    const applied = new Set(rows.map((row) => row.number))
    const files = readdirSync(FOLDER)
      .filter((file) => file.endsWith('.sql'))
      .sort()
    const newest = Math.max(0, ...files.map(numberOf))
    if ([...applied].some((number) => number > newest))
      throw new Refusal('invalid', { fields: ['database: its schema was made by a newer version of this program'] })

    for (const file of files.filter((file) => !applied.has(numberOf(file)) && numberOf(file) <= upTo)) {
      await client.query('begin')
      await client.query(readFileSync(join(FOLDER, file), 'utf8'))
      await client.query('insert into migration (number, name) values ($1, $2)', [numberOf(file), file])
      await client.query('commit')
      log.info({ migration: numberOf(file) }, 'schema brought up to date')
    }
    await prepareJobs(connection)
  } catch (error) {
    throw unavailable(error)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** The number of the newest migration that this program knows. */
export const newestMigration = (): number => Math.max(0, ...readdirSync(FOLDER).map(numberOf))

/** A table of this name stands in a database while a backup is read into it: with half of it nobody is served. */
export async function isHalfRestored(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ is_there: boolean }>("select to_regclass('restoring') is not null as is_there")
  return rows[0]?.is_there === true
}

const numberOf = (file: string): number => Number.parseInt(file, 10)

async function refuseUnsafe(client: pg.Client): Promise<void> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    "select name, setting from pg_settings where name in ('fsync', 'synchronous_commit', 'server_version_num')",
  )
  const value = new Map(rows.map((row) => [row.name, row.setting]))
  const fields = [
    ...(value.get('fsync') === 'on' ? [] : ['database: fsync is off; what we acknowledge could be lost']),
    ...(value.get('synchronous_commit') === 'off'
      ? ['database: synchronous_commit is off; what we acknowledge could be lost']
      : []),
    ...(Number(value.get('server_version_num')) >= 150_000 ? [] : ['database: PostgreSQL 15 or newer is needed']),
  ]
  if (fields.length > 0) throw new Refusal('invalid', { fields })
}

/** The job library keeps a schema of its own. Its tables carry ids only. */
async function prepareJobs(connection: pg.ClientConfig): Promise<void> {
  const pool = new pg.Pool({ ...connection, max: 2 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  try {
    await runMigrations({ pgPool: pool })
  } finally {
    await pool.end()
  }
}
