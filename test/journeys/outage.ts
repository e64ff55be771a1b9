import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { findPostgres } from '../../storage/database/postgres.ts'
import type { ChildServer } from '../child.ts'

const dataOf = ({ folder }: ChildServer): string => join(folder, 'data', 'postgres')

/** The process of the database of a server in a process of its own, while there is one. */
export function databasePid(server: ChildServer): number | undefined {
  const file = join(dataOf(server), 'postmaster.pid')
  if (!existsSync(file)) return undefined
  const pid = readFileSync(file, 'utf8').split('\n', 1)[0] as string
  const command = `/proc/${pid}/cmdline`
  return existsSync(command) && readFileSync(command, 'utf8').includes(dataOf(server)) ? Number(pid) : undefined
}

/**
 * Takes the database of a server away: it is killed, as when the system has run out of memory, and cannot start.
 * @returns what lets it start again, which is left to the server
 */
export function takeDatabaseAway(server: ChildServer): () => void {
  const pid = databasePid(server)
  assert.ok(pid !== undefined, 'the server has a database of its own')
  const file = join(dataOf(server), 'postgresql.conf')
  const settings = readFileSync(file)
  appendFileSync(file, "include = 'missing.conf'\n")
  process.kill(pid, 'SIGKILL')
  return () => {
    // In one step: a database that starts meanwhile would read half a file and begin with other settings.
    writeFileSync(`${file}.new`, settings)
    renameSync(`${file}.new`, file)
  }
}

/**
 * Gives the database of a server, which was just made, the segments of its log that one has that has run for a while (`min_wal_size`).
 * With them it goes on for a while on a full disk; without them it ends when the first is written to its end.
 */
export async function keepLogAhead(server: ChildServer): Promise<void> {
  const url = findPostgres(join(server.folder, 'data'))
  assert.ok(url !== undefined, 'the server has a database of its own')
  const client = new pg.Client({ host: new URL(url).pathname, user: 'zegel', database: 'postgres' })
  await client.connect()
  for (let segments = 0; segments < 3; segments++) {
    // A segment in which nothing stands is not left.
    await client.query("select pg_logical_emit_message(false, '', '')")
    await client.query('select pg_switch_wal()')
  }
  // Those that are over become those to come.
  await client.query('checkpoint')
  await client.end()
}
