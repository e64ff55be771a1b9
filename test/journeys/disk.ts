import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ChildServer } from '../child.ts'

/** What a server keeps its data on, to be filled up. */
export interface Disk {
  /** From now on there is no room for a large file, and soon none for anything. */
  fill(server: ChildServer): void
  /** Makes room again. */
  clear(server: ChildServer): void
  /** After the server has stopped. */
  remove(): void
}

/** Some room stays, so that it is the server that meets the end. */
const LEFT_BYTES = 400_000

/** Large enough for a new database and the mail of a test. */
const SIZE_MEGABYTES = 260

/** Bytes that a file may have for whoever may not mount. */
const FILE_BYTES = 100_000

/**
 * A small disk below `folder`/data before a server starts there. Only root can mount one; for anybody else no file of
 * the server can grow beyond a limit, which it meets in its large blobs alone.
 */
export function smallDisk(folder: string): Disk {
  const place = join(folder, 'data')
  mkdirSync(place, { mode: 0o711 })
  if (process.getuid?.() !== 0) {
    const limit = ({ child }: ChildServer, bytes: string) =>
      void execFileSync('prlimit', ['--pid', String(child.pid), `--fsize=${bytes}:`])
    return {
      fill: (server) => limit(server, String(FILE_BYTES)),
      clear: (server) => limit(server, 'unlimited'),
      remove: () => undefined,
    }
  }
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${SIZE_MEGABYTES}m,mode=711`, 'zegel-test', place])
  const ballast = join(place, 'ballast')
  return {
    fill() {
      const { bavail, bsize } = statfsSync(place)
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - LEFT_BYTES))
    },
    clear: () => rmSync(ballast),
    remove: () => void execFileSync('umount', [place]),
  }
}
