import { statfsSync } from 'node:fs'

/** A segment of the database's write-ahead log: with less than that it cannot go on for long. */
const LEAST_BYTES = 16 * 1024 * 1024

/** Whether the disk of a folder has room for a database to go on. Of one that cannot be looked at nothing is said. */
export function hasRoom(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder)
    return bavail * bsize >= LEAST_BYTES
  } catch {
    return true
  }
}
