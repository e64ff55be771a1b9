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

/** Up to so many bytes an object is gathered, and written while the next is made; more is written as it comes. */
const AT_HAND = 4 * 1024 * 1024

async function* following(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array, void>,
): AsyncGenerator<Uint8Array, void> {
  yield* first
  yield* { [Symbol.asyncIterator]: () => rest }
}

/** Writes the objects of one backup. */
export interface ObjectWriter {
  /** Seals and writes what comes. What is small is written beside other work; `settled` waits for it. */
  seal(content: AsyncIterable<Uint8Array>): Promise<StoredObject>
  /** The same with bytes that are sealed already. */
  put(content: readonly Uint8Array[] | AsyncGenerator<Uint8Array, void>): Promise<StoredObject>
  /** Until all is durable. @throws what went wrong with any */
  settled(): Promise<void>
  readonly written: { objects: number; bytes: number }
}

/** @param signal  ends the work before the next object */
export function openObjectWriter(target: Target, backupId: string, signal?: AbortSignal): ObjectWriter {
  const written = { objects: 0, bytes: 0 }
  const underWay = new Set<Promise<void>>()
  let failed: { error: unknown } | undefined

  const nameIt = (): { id: string; name: string } => {
    signal?.throwIfAborted()
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

  /** Writes what is at hand beside other work. */
  const later = async (name: string, pieces: readonly Uint8Array[]): Promise<Omit<StoredObject, 'key'>> => {
    while (underWay.size >= AT_ONCE) await Promise.race(underWay)
    if (failed !== undefined) throw failed.error
    const hash = createHash('sha256')
    for (const piece of pieces) hash.update(piece)
    const size = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const writing = target
      .put(`objects/${name}`, pieces)
      .catch((error: unknown) => void (failed ??= { error }))
      .finally(() => underWay.delete(writing))
    underWay.add(writing)
    written.objects++
    written.bytes += size
    return { name, digest: hash.digest('base64url'), size }
  }

  /** Writes what comes: what is small beside other work. */
  const gather = async (
    name: string,
    content: AsyncGenerator<Uint8Array, void>,
  ): Promise<Omit<StoredObject, 'key'>> => {
    const pieces: Uint8Array[] = []
    let size = 0
    for (let next = await content.next(); next.done !== true; next = await content.next()) {
      pieces.push(next.value)
      size += next.value.length
      if (size > AT_HAND) return stream(name, following(pieces, content))
    }
    return later(name, pieces)
  }

  return {
    written,
    async seal(content) {
      const { id, name } = nameIt()
      const key = randomBytes(KEY_BYTES)
      return { ...(await gather(name, sealStream(key, id, content))), key: key.toString('base64url') }
    },

    put: (content) => ('next' in content ? gather(nameIt().name, content) : later(nameIt().name, content)),

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
