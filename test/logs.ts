/**
 * The logs of a whole test run, gathered in the folder that `ZEGEL_TEST_LOGS` names, so that run.ts can look through them: of servers
 * in tests' own processes, of those in processes of their own, of PostgreSQL and of the scanners. Where it names none, nothing is gathered.
 * Of Postfix and the mail programs nothing is: they stand for other people's machines, whose logs are theirs.
 */
import { appendFileSync, chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { openLog, type Log } from '#system'

const { ZEGEL_TEST_LOGS: folder } = process.env

/** The log of whatever runs in this process: all of it gathered, and none shown. */
export const openGatheredLog = (): Log =>
  folder === undefined ? openLog('silent') : openLog('debug', join(folder, `in-process-${process.pid}.log`))

/** Adds to the log of another process. */
export function gather(name: string, text: string): void {
  if (folder !== undefined) appendFileSync(join(folder, `${name}.log`), text)
}

/** From which level on a server in a process of its own writes, when `wanted` is what its test wants to see. */
export const levelFor = (wanted: string): string => (folder === undefined ? wanted : 'debug')

/** A folder for what runs as another user and writes its log itself; undefined when nothing is gathered. */
export function gatheringFolder(name: string): string | undefined {
  if (folder === undefined) return undefined
  const below = join(folder, name)
  mkdirSync(below, { recursive: true })
  chmodSync(below, 0o777)
  return below
}
