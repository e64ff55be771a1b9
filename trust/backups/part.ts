import { Refusal } from '#system'
import type { Fragment, Snapshot } from '#storage'
import type { Oldest } from './limits.ts'
import { damaged, readObject, type ObjectWriter, type StoredObject } from './objects.ts'
import type { Target } from './target/target.ts'

/** A part of a backup: rows of some tables, and where the contents lie that belong to them. */
export interface Part extends StoredObject {
  /** How many rows of each table. */
  rows: Record<string, number>
  oldest: Oldest
  /** Objects in which contents stand. */
  packs: StoredObject[]
}

/** Where the sealed content of a blob is. */
export interface Content {
  account: number
  blob: string
  /** Which of the part's packs. */
  pack: number
  offset: number
  length: number
  isFile: boolean
  /** Milliseconds since 1970. */
  createdAt: number
}

/** What stands before the rows. */
export interface PartHead {
  tables: { name: string; columns: string[] }[]
  contents: Content[]
  /** Of an account: its items, in the order of their ids. */
  pages?: Page[]
}

/** Items from an id on, up to the next page. */
export interface Page {
  from: number
  part: Part
}

export interface PartTable {
  name: string
  columns: string[]
  query: Fragment
}

/** Rows of a table come in pieces, each with its length before it (4 bytes); 0 ends the table. */
const END = Buffer.alloc(4)
const lengthBefore = (bytes: Uint8Array): Buffer => {
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return length
}

/** Writes rows as they stand in the snapshot. Memory holds a piece of them. */
export async function writePart(
  objects: ObjectWriter,
  snapshot: Snapshot,
  {
    tables,
    oldest,
    packs,
    ...head
  }: Omit<PartHead, 'tables'> & Pick<Part, 'oldest' | 'packs'> & { tables: PartTable[] },
): Promise<Part> {
  const rows: Record<string, number> = {}
  const content = async function* (): AsyncGenerator<Uint8Array, void> {
    const said: PartHead = { ...head, tables: tables.map(({ name, columns }) => ({ name, columns })) }
    const bytes = Buffer.from(JSON.stringify(said))
    yield lengthBefore(bytes)
    yield bytes
    for (const { name, query } of tables) {
      const copied = snapshot.copy(query)
      for (;;) {
        const { value, done } = await copied.next()
        if (done === true) {
          rows[name] = value
          break
        }
        yield lengthBefore(value)
        yield value
      }
      yield END
    }
  }
  const object = await objects.seal(content())
  return { ...object, rows, oldest, packs }
}

/** A head is a list of contents or pages at most. */
const MOST_HEAD = 256 * 1024 * 1024
const MOST_PIECE = 2 ** 31 - 1

/** What a part says before its rows. @throws Refusal 'invalid' that names it when it is damaged */
export async function readHead(target: Target, part: StoredObject): Promise<PartHead> {
  const bytes = takeFrom(readObject(target, part))
  try {
    return await head(bytes, part)
  } finally {
    await bytes.end()
  }
}

/** The same of an earlier backup's part, by which work is saved; undefined when it is damaged: then what it holds is written anew. */
export async function readHeadIfWhole(target: Target, part: StoredObject): Promise<PartHead | undefined> {
  return readHead(target, part).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'invalid') return undefined
    throw error
  })
}

/** Gives the head, then each table's rows in turn; each table has to be read to its end before the next. @throws as readHead */
export async function readPart(
  target: Target,
  part: StoredObject,
  use: (head: PartHead, table: (name: string) => AsyncGenerator<Buffer, void>) => Promise<void>,
): Promise<void> {
  const bytes = takeFrom(readObject(target, part))
  try {
    const first = await head(bytes, part)
    const waiting = first.tables.map(({ name }) => name)
    const rowsOf = async function* (name: string): AsyncGenerator<Buffer, void> {
      if (waiting.shift() !== name) throw new Error('tables are read in their order')
      for (;;) {
        const length = (await bytes.take(4)).readUInt32BE()
        if (length === 0) return
        if (length > MOST_PIECE) throw damaged(`objects/${part.name}`)
        yield await bytes.take(length)
      }
    }
    await use(first, rowsOf)
    // To its end, which is what proves it whole.
    await bytes.rest()
  } finally {
    await bytes.end()
  }
}

async function head(bytes: Taking, part: StoredObject): Promise<PartHead> {
  const length = (await bytes.take(4)).readUInt32BE()
  if (length > MOST_HEAD) throw damaged(`objects/${part.name}`)
  try {
    return JSON.parse((await bytes.take(length)).toString()) as PartHead
  } catch (error) {
    throw error instanceof SyntaxError ? damaged(`objects/${part.name}`) : error
  }
}

interface Taking {
  /** The next so many bytes. */
  take(count: number): Promise<Buffer>
  /** Reads on to the end. */
  rest(): Promise<void>
  /** Reads no further. */
  end(): Promise<void>
}

function takeFrom(source: AsyncGenerator<Buffer, void>): Taking {
  let held: Buffer[] = []
  let size = 0
  return {
    async take(count) {
      while (size < count) {
        const { value, done } = await source.next()
        if (done === true) throw damaged('a part', 'cut off')
        held.push(value)
        size += value.length
      }
      const all = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held, size)
      held = [all.subarray(count)]
      size -= count
      return all.subarray(0, count)
    },
    async rest() {
      for await (const piece of source) void piece
    },
    async end() {
      await source.return()
    },
  }
}
