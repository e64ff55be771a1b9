import { Refusal } from '#system'

/**
 * Where backups lie. Names are paths of random ids and times: `keys`, `backups/<time>-<id>`, `objects/<id>/<id>`.
 * What is lost on the way is a thrown error; what is not there is Refusal 'notFound'.
 */
export interface Target {
  /** Writes something new, whole and durable when this returns. @throws Refusal 'exists' */
  put(name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void>
  /** Writes something in the place of what was there, in one step. */
  replace(name: string, content: Uint8Array): Promise<void>
  /** @throws Refusal 'notFound' before the first piece */
  get(name: string): AsyncGenerator<Buffer, void>
  /** Names that begin so, in no order. */
  list(prefix: string): AsyncGenerator<string, void>
  /** What is not there any more is no error. */
  remove(name: string): Promise<void>
  /** Removes all that begins so, and what was being written anywhere when a process was killed. Nobody may be writing meanwhile. */
  clear(prefix: string): Promise<void>
}

/** The whole of something small. @throws as `get`, and Refusal 'tooLarge' */
export async function getWhole(target: Target, name: string, most: number): Promise<Buffer> {
  const pieces: Buffer[] = []
  let size = 0
  for await (const piece of target.get(name)) {
    size += piece.length
    if (size > most) throw new Refusal('tooLarge', { fields: [name] })
    pieces.push(piece)
  }
  return Buffer.concat(pieces, size)
}
