import { randomUUID } from 'node:crypto'
import { mkdir, open, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { Refusal } from '#system'
import { piecesOf, writeAll } from '#storage'
import type { Target } from './target.ts'

/** What is being written has such a name; what a crash left of it is removed by `clear`. */
const HALF = '.half'

/** Why nothing can be written there: for whoever looks after the disk. */
const WHY: Partial<Record<string, string>> = {
  ENOSPC: 'there is no room left for a backup',
  EDQUOT: 'there is no room left for a backup',
  EFBIG: 'a file there cannot be as large as a part of the backup',
  ENOENT: 'it is not there, and cannot be made',
  ENOTDIR: 'it is not a folder',
  EROFS: 'it can only be read',
  EACCES: 'this program may not write there',
  EPERM: 'this program may not write there',
  EIO: 'the disk reports errors',
}

/** Pieces of a file that is read. */
const PIECE = 1024 * 1024

/** A folder, such as a mounted disk. What carries a name is whole: written apart, synced, renamed, and the folder synced. */
export function openFolderTarget(folder: string): Target {
  const pathOf = (name: string): string => join(folder, ...name.split('/'))

  const write = (name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> =>
    writeWhole(name, content).catch((error: NodeJS.ErrnoException) => {
      const why = WHY[error.code ?? '']
      throw why === undefined ? error : new Refusal('unavailable', { fields: [`${folder}: ${why}`], cause: error })
    })

  const writeWhole = async (name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> => {
    const path = pathOf(name)
    const half = `${path}.${randomUUID()}${HALF}`
    await makeFolder(dirname(path))
    const file = await open(half, 'wx', 0o600)
    try {
      if (Array.isArray(content)) await writeAll(file, content as readonly Uint8Array[])
      else for await (const piece of content) await writeAll(file, [piece])
      await file.sync()
      await file.close()
      await rename(half, path)
    } catch (error) {
      await file.close().catch(() => undefined)
      await rm(half, { force: true }).catch(() => undefined)
      throw error
    }
    await syncFolder(dirname(path))
  }

  return {
    async put(name, content) {
      // One process writes backups at a time, and names are random: this finds a fault, not a rival.
      if ((await stat(pathOf(name)).catch(() => undefined)) !== undefined)
        throw new Refusal('exists', { fields: [name] })
      await write(name, content)
    },
    replace: (name, content) => write(name, [content]),

    async *get(name) {
      const file = await open(pathOf(name)).catch((error: NodeJS.ErrnoException) => {
        throw error.code === 'ENOENT' ? new Refusal('notFound', { fields: [name], cause: error }) : error
      })
      yield* piecesOf(file, PIECE)
    },

    async *list(prefix) {
      for await (const path of filesBelow(pathOf(prefix))) {
        if (!path.endsWith(HALF)) yield relative(folder, path).split(sep).join('/')
      }
    },

    async remove(name) {
      const path = pathOf(name)
      await rm(path, { force: true })
      // The folder of a backup goes with the last of its objects.
      if (name.startsWith('objects/')) await rmdir(dirname(path)).catch(() => undefined)
    },

    async clear(prefix) {
      await rm(pathOf(prefix), { recursive: true, force: true })
      for (const place of ['', 'backups'])
        for (const name of await readdir(join(folder, place)).catch(() => []))
          if (name.endsWith(HALF)) await rm(join(folder, place, name), { force: true })
    },
  }
}

async function* filesBelow(folder: string): AsyncGenerator<string, void> {
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) yield* filesBelow(path)
    else if (entry.isFile()) yield path
  }
}

/** Makes a folder and those above it, each synced into the one that it is in. (Where none can be made, Node's own way never ends.) */
async function makeFolder(folder: string): Promise<void> {
  if ((await stat(folder).catch(() => undefined)) !== undefined) return
  await makeFolder(dirname(folder))
  await mkdir(folder, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error
  })
  await syncFolder(dirname(folder))
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  await handle.sync().finally(() => handle.close())
}
