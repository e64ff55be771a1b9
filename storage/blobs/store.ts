import { randomBytes, randomUUID } from 'node:crypto'
import { mkdir, open as openFile, readdir, readFile, rm, stat, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { now, Refusal } from '#system'
import type { Sql } from '../database/connect.ts'
import { KEY_BYTES, SealBroken } from '../sealing/seal.ts'
import { CHUNK, chunksOf, openChunk, sealChunk, sealPieces } from './chunks.ts'
import { piecesOf, writeAll } from './pieces.ts'

/** What opens a blob: it stands, sealed, in the summary of whoever owns the content. */
export interface BlobRef {
  /** Random; names the blob in the database and in the folder. */
  id: string
  /** The blob's own key, base64url. */
  key: string
  /** Bytes of content. */
  size: number
}

/** A blob that is sealed and, if it is large, synced to the folder, and not yet anybody's. */
export interface PreparedBlob {
  ref: BlobRef
  sealedSize: number
  /** The sealed bytes, when they belong into the database. */
  content: Buffer | undefined
}

/**
 * Sealed content. Small blobs stand in the database, in the transaction of the row that owns them; larger ones in a
 * folder, synced before that row commits. `trust/retention` removes the row first and the file after it.
 */
export interface BlobStore {
  /** Seals content; what is large is on disk and synced when this returns. */
  prepare(accountId: number, content: AsyncIterable<Uint8Array> | Uint8Array): Promise<PreparedBlob>
  /** Writes the blob's row. Part of the transaction that writes its owner. */
  insert(sql: Sql, accountId: number, blob: PreparedBlob): Promise<void>
  /** The whole content. @throws Refusal 'notFound' */
  read(sql: Sql, accountId: number, ref: BlobRef): Promise<Buffer>
  /**
   * The content of those of these blobs that stand in the database, all in one statement: for many small ones. The others,
   * and those that are gone or do not open, are left out. By id.
   */
  readSmall(sql: Sql, accountId: number, refs: readonly BlobRef[]): Promise<Map<string, Buffer>>
  /** The content of a blob whose row is at hand, as it stands there; undefined when it does not open. */
  open(ref: BlobRef, sealed: Buffer): Buffer | undefined
  /** The whole content of a blob that stands in a file, for what is not large. @throws Refusal 'notFound' */
  readFile(accountId: number, ref: BlobRef): Promise<Buffer>
  /** A range of the content in pieces of at most 256 KiB. @throws Refusal 'notFound' before the first piece */
  stream(sql: Sql, accountId: number, ref: BlobRef, start?: number, end?: number): AsyncGenerator<Buffer>
  /** The sealed bytes of a blob that stands in a file, for a backup. @throws Refusal 'notFound' before the first piece */
  sealedFile(accountId: number, id: string): AsyncGenerator<Buffer, void>
  /** Writes a file from its sealed bytes, as a backup has them; synced when this returns. One that is there is replaced. */
  restoreFile(accountId: number, id: string, sealed: AsyncIterable<Uint8Array>): Promise<void>
  /** Every file, for the sweep. */
  files(): AsyncGenerator<{ accountId: number; id: string; modifiedAt: Date; size: number }>
  removeFile(accountId: number, id: string): Promise<void>
  /** Every file of an account, whether it has a row or not. */
  removeFiles(accountId: number): Promise<void>
}

/**
 * Up to this many sealed bytes a blob stands in the database (docs/performance.md has the measurement that chose it).
 */
export const IN_ROW = 64 * 1024

/** Accounts' folders remembered as made. */
const REMEMBERED = 10_000

/** @param inRow  sealed bytes up to which a blob stands in the database */
export function openBlobStore(folder: string, inRow = IN_ROW): BlobStore {
  /** Accounts' folders that are there: making sure of one costs three turns of the thread pool. */
  const made = new Set<number>()

  const folderOf = (accountId: number): string => join(folder, String(accountId))
  const pathOf = (accountId: number, id: string): string => join(folderOf(accountId), id)

  const create = async (accountId: number, id: string): Promise<FileHandle> => {
    if (!made.has(accountId)) {
      const isNew = await mkdir(folderOf(accountId), { recursive: true, mode: 0o700 })
      if (isNew !== undefined) await syncFolder(folder)
      made.add(accountId)
      if (made.size > REMEMBERED) made.delete(made.values().next().value as number)
    }
    return openFile(pathOf(accountId, id), 'wx', 0o600)
  }

  return {
    async prepare(accountId, content) {
      const id = randomUUID()
      const key = randomBytes(KEY_BYTES)
      const ref = (size: number): BlobRef => ({ id, key: key.toString('base64url'), size })
      if (content instanceof Uint8Array && content.length <= CHUNK) {
        const sealed = sealChunk(key, id, 0, true, content)
        if (sealed.length <= inRow) return { ref: ref(content.length), sealedSize: sealed.length, content: sealed }
      }

      const held: Buffer[] = []
      let file: FileHandle | undefined
      let sealedSize = 0
      let size = 0
      try {
        for await (const { number, isLast, chunk } of numbered(content)) {
          size += chunk.length
          const sealed = sealPieces(key, id, number, isLast, chunk)
          sealedSize += sealed.reduce((sum, { length }) => sum + length, 0)
          if (isLast && number === 0 && sealedSize <= inRow)
            return { ref: ref(size), sealedSize, content: Buffer.concat(sealed) }
          file ??= await create(accountId, id)
          held.push(...sealed)
          if (number % 4 === 3 || isLast) await writeAll(file, held.splice(0))
        }
        await file?.sync()
      } catch (error) {
        await file?.close().catch(() => undefined)
        file = undefined
        await rm(pathOf(accountId, id), { force: true }).catch(() => undefined)
        throw noSpace(error)
      } finally {
        await file?.close()
      }
      await syncFolder(folderOf(accountId))
      return { ref: ref(size), sealedSize, content: undefined }
    },

    async insert(sql, accountId, { ref, sealedSize, content }) {
      await sql`
        insert into blob (account_id, blob_id, sealed_size, content, created_at)
        values (${accountId}, ${ref.id}, ${sealedSize}, ${content ?? null}, ${now()})`
    },

    async read(sql, accountId, ref) {
      const pieces: Buffer[] = []
      for await (const piece of this.stream(sql, accountId, ref)) pieces.push(piece)
      return pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
    },

    async readSmall(sql, accountId, refs) {
      const { rows } = await sql.bytes<{ id: Buffer; content: Buffer }>`
        select uuid_send(blob_id) as id, content from blob
        where account_id = ${accountId} and blob_id = any(${refs.map(({ id }) => id)}::uuid[]) and content is not null`
      const contents = new Map(rows.map((row) => [row.id.toString('hex'), row.content]))
      const opened = new Map<string, Buffer>()
      for (const { id, key, size } of refs) {
        const content = contents.get(id.replaceAll('-', ''))
        const plain = content === undefined ? undefined : openWhole(Buffer.from(key, 'base64url'), id, content, size)
        if (plain !== undefined) opened.set(id, plain)
      }
      return opened
    },

    open: ({ id, key, size }, sealed) => openWhole(Buffer.from(key, 'base64url'), id, sealed, size),

    async readFile(accountId, ref) {
      const sealed = await readFile(pathOf(accountId, ref.id)).catch((error: unknown) => {
        throw new Refusal('notFound', { cause: error })
      })
      const plain = openWhole(Buffer.from(ref.key, 'base64url'), ref.id, sealed, ref.size)
      if (plain === undefined) throw new SealBroken('blob does not open')
      return plain
    },

    async *stream(sql, accountId, ref, start = 0, end = ref.size) {
      const { rows } = await sql.bytes<{ content: Buffer | null }>`
        select content from blob where account_id = ${accountId} and blob_id = ${ref.id}`
      if (rows[0] === undefined) throw new Refusal('notFound')
      const key = Buffer.from(ref.key, 'base64url')
      const { content } = rows[0]
      const source = content === null ? chunksOfFile(pathOf(accountId, ref.id), start) : chunksOf(content)
      for await (const { number, isLast, chunk } of source) {
        const from = number * CHUNK
        if (from >= end) return
        if (from + CHUNK <= start) continue
        const plain = openChunk(key, ref.id, ref.size, number, isLast, chunk)
        if (isLast && from + plain.length !== ref.size) throw new SealBroken('blob cut off')
        yield plain.subarray(Math.max(0, start - from), Math.max(0, end - from))
      }
    },

    async *sealedFile(accountId, id) {
      const file = await openFile(pathOf(accountId, id)).catch((error: unknown) => {
        throw new Refusal('notFound', { cause: error })
      })
      yield* piecesOf(file, 4 * CHUNK)
    },

    async restoreFile(accountId, id, sealed) {
      await rm(pathOf(accountId, id), { force: true })
      const file = await create(accountId, id)
      try {
        for await (const piece of sealed) await writeAll(file, [piece])
        await file.sync()
      } catch (error) {
        throw noSpace(error)
      } finally {
        await file.close()
      }
      await syncFolder(folderOf(accountId))
    },

    async *files() {
      for (const name of await readdir(folder).catch(() => []))
        for (const id of await readdir(join(folder, name)).catch(() => [])) {
          const found = await stat(join(folder, name, id)).catch(() => undefined)
          if (found !== undefined) yield { accountId: Number(name), id, modifiedAt: found.mtime, size: found.size }
        }
    },

    removeFile: (accountId, id) => rm(pathOf(accountId, id), { force: true }),

    removeFiles: (accountId) => rm(folderOf(accountId), { recursive: true, force: true }),
  }
}

/** The content of a blob at hand; undefined when it does not open. */
function openWhole(key: Buffer, id: string, sealed: Buffer, size: number): Buffer | undefined {
  try {
    const pieces = Array.from(chunksOf(sealed), ({ number, isLast, chunk }) =>
      openChunk(key, id, size, number, isLast, chunk),
    )
    const plain = pieces.length === 1 ? (pieces[0] as Buffer) : Buffer.concat(pieces)
    return plain.length === size ? plain : undefined
  } catch (error) {
    if (error instanceof SealBroken) return undefined
    throw error
  }
}

/** Cuts content into chunks of one size and knows which is the last. Empty content is one empty chunk. A chunk is good until the next is asked for. */
async function* numbered(
  content: AsyncIterable<Uint8Array> | Uint8Array,
): AsyncGenerator<{ number: number; isLast: boolean; chunk: Uint8Array }> {
  let number = 0
  if (content instanceof Uint8Array) {
    do {
      const chunk = content.subarray(number * CHUNK, (number + 1) * CHUNK)
      yield { number, isLast: (number + 1) * CHUNK >= content.length, chunk }
      number++
    } while (number * CHUNK < content.length)
    return
  }
  const held = Buffer.allocUnsafe(CHUNK)
  let filled = 0
  for await (const piece of content)
    for (let at = 0; at < piece.length;) {
      if (filled === CHUNK) {
        yield { number: number++, isLast: false, chunk: held }
        filled = 0
      }
      const part = piece.subarray(at, at + CHUNK - filled)
      held.set(part, filled)
      filled += part.length
      at += part.length
    }
  yield { number, isLast: true, chunk: held.subarray(0, filled) }
}

/** Reads chunk after chunk, passing over those that end before `start` without reading what is in them. */
async function* chunksOfFile(
  path: string,
  start: number,
): AsyncGenerator<{ number: number; isLast: boolean; chunk: Buffer }> {
  let file: FileHandle
  try {
    file = await openFile(path)
  } catch (error) {
    throw new Refusal('notFound', { cause: error })
  }
  try {
    const { size } = await file.stat()
    let at = 0
    const lengthAt = async (position: number): Promise<number> => {
      const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(4), 0, 4, position)
      const length = bytesRead === 4 ? buffer.readUInt32BE() : Infinity
      if (length > CHUNK + 64 * 1024 || position + 4 + length > size) throw new SealBroken('blob cut off')
      return length
    }
    for (let number = 0; at < size; number++) {
      const length = await lengthAt(at)
      const from = at + 4
      at = from + length
      if ((number + 1) * CHUNK <= start) continue
      const chunk = Buffer.allocUnsafe(length)
      await file.read(chunk, 0, length, from)
      yield { number, isLast: at === size, chunk }
    }
  } finally {
    await file.close()
  }
}

/** A file is there after a crash only when the folder that names it was synced too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await openFile(folder)
  await handle.sync().finally(() => handle.close())
}

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'EROFS', 'EIO', 'EMFILE', 'ENFILE'])

function noSpace(error: unknown): unknown {
  return error instanceof Error && FULL.has((error as NodeJS.ErrnoException).code ?? '')
    ? new Refusal('unavailable', { cause: error })
    : error
}
