import assert from 'node:assert/strict'
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
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
