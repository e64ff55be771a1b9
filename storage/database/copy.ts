import { Readable } from 'node:stream'
import { once } from 'node:events'
import type { Socket } from 'node:net'
import pg from 'pg'
import { Fragment } from './sql.ts'

/** The part of pg's connection that COPY needs. */
interface Wire {
  stream: Socket
  query(text: string): void
  sendCopyFromChunk(chunk: Uint8Array): void
  endCopyFrom(): void
  sendCopyFail(why: string): void
}

/** A statement with its values in it, for COPY takes no parameters: numbers, times, ids and lists of numbers. */
export function inlined({ strings, values }: Fragment): string {
  const literal = (value: unknown): string => {
    if (value instanceof Fragment) return inlined(value)
    if (value === null) return 'null'
    if (typeof value === 'number' && Number.isSafeInteger(value)) return String(value)
    if (value instanceof Date) return `${pg.escapeLiteral(value.toISOString())}::timestamptz`
    if (typeof value === 'string') return pg.escapeLiteral(value)
    throw new TypeError('a value that COPY cannot be given')
  }
  return strings.map((text, i) => (i < values.length ? text + literal(values[i]) : text)).join('')
}

/** Rows are gathered into pieces of this size. */
const PIECE = 64 * 1024

/**
 * Runs `copy (…) to stdout (format binary)` and gives its bytes as they come; whoever reads slowly holds the database up
 * instead of filling memory.
 * @returns rows
 */
export async function* copyOut(client: pg.Client, query: Fragment): AsyncGenerator<Buffer, number> {
  let wire: Wire | undefined
  let isOver = false
  let rows = 0
  const bytes = new Readable({ highWaterMark: 16 * PIECE, read: () => void wire?.stream.resume() })
  let held = Buffer.allocUnsafe(PIECE)
  let filled = 0
  const flush = (): void => {
    if (filled === 0) return
    if (!bytes.push(held.subarray(0, filled))) wire?.stream.pause()
    held = Buffer.allocUnsafe(PIECE)
    filled = 0
  }
  const statement = {
    submit(connection: Wire) {
      wire = connection
      connection.query(`copy (${inlined(query)}) to stdout (format binary)`)
    },
    handleCopyData({ chunk }: { chunk: Buffer }) {
      // The reader of the connection uses its memory again: what is kept longer is copied.
      if (filled + chunk.length > PIECE) flush()
      if (chunk.length > PIECE) {
        if (!bytes.push(Buffer.from(chunk))) wire?.stream.pause()
        return
      }
      chunk.copy(held, filled)
      filled += chunk.length
    },
    handleRowDescription: () => undefined,
    handleCommandComplete({ text }: { text: string }) {
      rows = rowsOf(text)
    },
    handleReadyForQuery() {
      isOver = true
      flush()
      bytes.push(null)
    },
    handleError(error: Error) {
      isOver = true
      bytes.destroy(error)
    },
  }
  client.query(statement as unknown as pg.Submittable)
  try {
    for await (const piece of bytes) yield piece as Buffer
    return rows
  } finally {
    // Left early, the rest is let through unread, so that the next statement finds the connection free.
    if (!isOver) wire?.stream.resume()
  }
}

const rowsOf = (tag: string): number => Number(/^COPY (\d+)$/.exec(tag)?.[1] ?? 0)

/** Runs `copy … from stdin (format binary)` with what another COPY gave. @returns rows */
export async function copyIn(client: pg.Client, table: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let wire: Wire | undefined
  let rows = 0
  const ready = Promise.withResolvers<void>()
  const done = Promise.withResolvers<number>()
  ready.promise.catch(() => undefined)
  done.promise.catch(() => undefined)
  const statement = {
    submit(connection: Wire) {
      wire = connection
      connection.query(`copy ${table} from stdin (format binary)`)
    },
    handleCopyInResponse: () => ready.resolve(),
    handleCommandComplete({ text }: { text: string }) {
      rows = rowsOf(text)
    },
    handleReadyForQuery: () => done.resolve(rows),
    handleError(error: Error) {
      ready.reject(error)
      done.reject(error)
    },
  }
  client.query(statement as unknown as pg.Submittable)
  await ready.promise
  const { stream } = wire as unknown as Wire
  try {
    for await (const piece of bytes) {
      wire?.sendCopyFromChunk(piece)
      if (stream.writableNeedDrain) await Promise.race([once(stream, 'drain'), done.promise])
    }
  } catch (error) {
    wire?.sendCopyFail('what was to be read failed')
    await done.promise.catch(() => undefined)
    throw error
  }
  wire?.endCopyFrom()
  return done.promise
}

/**
 * What stands before and after rows in the binary form of COPY, and the values in them.
 * https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-BINARY-FORMAT
 */
export const COPY_BEGINS = Buffer.from('PGCOPY\n\u{ff}\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
export const COPY_ENDS = Buffer.from([0xff, 0xff])

/** One row; undefined is null. */
export function copyRow(values: readonly (Uint8Array | undefined)[]): Buffer {
  const row = Buffer.allocUnsafe(values.reduce((size, value) => size + 4 + (value?.length ?? 0), 2))
  let at = row.writeUInt16BE(values.length)
  for (const value of values) {
    at = row.writeInt32BE(value?.length ?? -1, at)
    if (value !== undefined) {
      row.set(value, at)
      at += value.length
    }
  }
  return row
}

export function int8(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

/** Microseconds since 2000. @param ms  since 1970 */
export const timestamp = (ms: number): Buffer => int8((ms - Date.UTC(2000, 0, 1)) * 1000)
