import { execFileSync } from 'node:child_process'
import { chmodSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { newFolder, removeFolder } from './child.ts'
import type { Undo } from './database.ts'

/** A disk that really ends. */
export interface SmallDisk {
  folder: string
  /** Leaves room for so many bytes and no more. */
  fill(leftBytes: number): void
  /** Makes all of its room again. */
  clear(): void
}

/** What keeps a test from running for whoever may not mount: pass it as `skip`. */
export const noDisks = process.getuid?.() === 0 ? false : 'only root can mount a disk'

/** Mounts a disk of so many megabytes, in memory, until the test ends. @param at  an empty folder; a new one without it */
export function mountDisk(t: Undo, megabytes: number, at?: string): SmallDisk {
  const folder = at ?? newFolder()
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=711`, 'zegel-test', folder])
  t.after(async () => {
    execFileSync('umount', [folder])
    if (at === undefined) removeFolder(folder)
  })
  chmodSync(folder, 0o711)
  const ballast = join(folder, 'ballast')
  return {
    folder,
    fill(leftBytes) {
      for (let tries = 1; ; tries++)
        try {
          const { bavail, bsize } = statfsSync(folder)
          return writeFileSync(ballast, Buffer.alloc(Math.max(0, bavail * bsize - leftBytes)))
        } catch (error) {
          // Whoever lives on it may have written meanwhile.
          if ((error as NodeJS.ErrnoException).code !== 'ENOSPC' || tries === 10) throw error
          rmSync(ballast, { force: true })
        }
    },
    clear: () => rmSync(ballast, { force: true }),
  }
}
