import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { Refusal } from '#system'
import { KEY_BYTES, openStream, SealBroken, sealStream } from '#storage'
import type { Target } from './target/target.ts'

/** Something written once and never changed, that backups name: the sealed bytes of contents, or rows sealed under a key of their own. */
export interface StoredObject {
  /** Below `objects/`: the backup that wrote it, and a random id. */
  name: string
  /** base64url; without one the bytes are sealed already, as they stand in the database or the blob folder. */
  key?: string
  /** SHA-256 of the bytes as they lie there, base64url. */
  digest: string
  size: number
}

/** Objects that are written at the same time. */
const AT_ONCE = 4

/** Writes the objects of one backup. */
export interface ObjectWriter {
  /** Seals and writes what comes. */
  seal(content: AsyncIterable<Uint8Array>): Promise<StoredObject>
  /** Writes bytes that are sealed already. What is at hand is written beside other work; `settled` waits for it. */
  put(content: Uint8Array | AsyncIterable<Uint8Array>): Promise<StoredObject>
  /** Until all is durable. @throws what went wrong with any */
  settled(): Promise<void>
  readonly written: { objects: number; bytes: number }
}

export function openObjectWriter(target: Target, backupId: string): ObjectWriter {
  const written = { objects: 0, bytes: 0 }
  const underWay = new Set<Promise<void>>()
  let failed: { error: unknown } | undefined

  const nameIt = (): { id: string; name: string } => {
    const id = randomUUID()
    return { id, name: `${backupId}/${id}` }
  }
  const stream = async (name: string, content: AsyncIterable<Uint8Array>): Promise<Omit<StoredObject, 'key'>> => {
    const hash = createHash('sha256')
    let size = 0
    const measured = async function* (): AsyncGenerator<Uint8Array, void> {
      for await (const piece of content) {
        hash.update(piece)
        size += piece.length
        yield piece
      }
    }
    await target.put(`objects/${name}`, measured())
    written.objects++
    written.bytes += size
    return { name, digest: hash.digest('base64url'), size }
  }

  return {
    written,
    async seal(content) {
      const { id, name } = nameIt()
      const key = randomBytes(KEY_BYTES)
      return { ...(await stream(name, sealStream(key, id, content))), key: key.toString('base64url') }
    },

    async put(content) {
      const { name } = nameIt()
      if (!(content instanceof Uint8Array)) return stream(name, content)
      while (underWay.size >= AT_ONCE) await Promise.race(underWay)
      if (failed !== undefined) throw failed.error
      const writing = target
        .put(`objects/${name}`, [content])
        .catch((error: unknown) => void (failed ??= { error }))
        .finally(() => underWay.delete(writing))
      underWay.add(writing)
      written.objects++
      written.bytes += content.length
      return { name, digest: createHash('sha256').update(content).digest('base64url'), size: content.length }
    },

    async settled() {
      await Promise.all(underWay)
      if (failed !== undefined) throw failed.error
    },
  }
}

/** A part of a backup is not there, or not as it was written. */
export const damaged = (name: string, what = 'damaged'): Refusal =>
  new Refusal('invalid', { fields: [`${name}: ${what}`] })

/**
 * The bytes of an object as they lie there. Where they are used before the end was seen, the use has to be undone when this throws.
 * @throws Refusal 'invalid' that names an object which is missing, too long, cut off or changed
 */
export async function* fetchObject(target: Target, { name, digest, size }: StoredObject): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256')
  let seen = 0
  try {
    for await (const piece of target.get(`objects/${name}`)) {
      seen += piece.length
      if (seen > size) break
      hash.update(piece)
      yield piece
    }
  } catch (error) {
    throw error instanceof Refusal && error.reason === 'notFound' ? damaged(`objects/${name}`, 'missing') : error
  }
  if (seen !== size || hash.digest('base64url') !== digest) throw damaged(`objects/${name}`)
}

/** What an object holds, opened. @throws as fetchObject */
export async function* readObject(target: Target, object: StoredObject): AsyncGenerator<Buffer, void> {
  if (object.key === undefined) {
    yield* fetchObject(target, object)
    return
  }
  const id = object.name.slice(object.name.indexOf('/') + 1)
  try {
    yield* openStream(Buffer.from(object.key, 'base64url'), id, fetchObject(target, object))
  } catch (error) {
    throw error instanceof SealBroken ? damaged(`objects/${object.name}`) : error
  }
}
