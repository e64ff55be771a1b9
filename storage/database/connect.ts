import type { Socket } from 'node:net'
import pg from 'pg'
import { Refusal, type Log } from '#system'
import { readBytes } from './bytes.ts'
import { copyOut } from './copy.ts'
import { statement, type Fragment, type Statement } from './sql.ts'

export interface Result<Row> {
  rows: Row[]
  rowCount: number
}

type Run = <Row extends object = Record<string, unknown>>(
  strings: TemplateStringsArray,
  ...values: unknown[]
) => Promise<Result<Row>>

/** Runs one statement: `sql<{ id: number }>\`select id from … where x = ${x}\``. */
export interface Sql extends Run {
  /**
   * The same for a statement whose columns are all bytea, for what is large: they travel as they are, where everything else
   * travels as text, and bytes in hexadecimal.
   */
  bytes: Run
}

/** Who asks the database: each part of the program has a role of its own, which can do what that part must (migration 1). */
export type Role = 'zegel_app' | 'zegel_receiver' | 'zegel_desk'

/** The database as it stood at one moment. One statement at a time. */
export interface Snapshot {
  sql: Sql
  /** What a query gives, as COPY writes it in its binary format. @returns rows */
  copy(query: Fragment): AsyncGenerator<Buffer, number>
}

/** A connection shared by everyone for single statements, and some for one transaction each. */
export interface Database {
  sql: Sql
  /**
   * Runs `work` in a transaction and commits. Statements may be sent without waiting for one another: they are
   * pipelined in order. What `last` holds when `work` is done has been sent and is not waited for: the commit follows it
   * at once, and the transaction fails with it.
   */
  transaction<T>(work: (sql: Sql, last: Promise<unknown>[]) => Promise<T>): Promise<T>
  /**
   * Reads everything as it stands at one moment, however long it takes: a transaction that only reads, on a connection of its own.
   */
  snapshot<T>(work: (snapshot: Snapshot) => Promise<T>): Promise<T>
  /** Calls back with what arrives on a channel of NOTIFY, and with undefined whenever the connection was made anew. */
  listen(channel: string, hear: (payload: string | undefined) => void): Promise<() => Promise<void>>
  /** Transactions of this process: how many run, how many connections wait for one, and how many works for a connection. */
  usage(): DatabaseUsage
  close(): Promise<void>
}

export interface DatabaseUsage {
  running: number
  idle: number
  waiting: number
  /** That may run at a time. */
  most: number
}

export interface DatabaseOptions {
  /** A connection string, or a folder with PostgreSQL's socket. */
  url: string
  role?: Role
  log: Log
  /** Connections for single statements; each carries many at once. */
  shared?: number
  /** Transactions at the same time; further ones wait their turn. */
  transactions?: number
}

const asItIs = (bytes: Buffer): Buffer => bytes

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
    if (format === 'binary') return asItIs
    // int8: every number of ours stays below 2^53 (ids are made so, the rest counts).
    if (oid === 20) return Number
    if (oid === 1016) return (text: string) => (text === '{}' ? [] : text.slice(1, -1).split(',').map(Number))
    return pg.types.getTypeParser(oid, format)
  },
}

/**
 * Every statement of ours has an index to go by and a plan that does not depend on its values. Planning each execution
 * anew costs more than most of them; and a plan made while a table was small must not walk all of it when it has grown.
 * Nor does any of them run for as long as compiling it would take.
 */
const PLANNING = '-c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off'

export function connectDatabase(options: DatabaseOptions): Database {
  const { log, shared = 2, transactions = 8 } = options
  let closed = false
  const open = async (pipeline = true): Promise<pg.Client> => {
    const client = new pg.Client({
      ...target(options.url),
      types: types as pg.CustomTypesConfig,
      ...({ pipeline } as object),
      ...(options.role === undefined ? {} : { options: `-c role=${options.role} ${PLANNING}` }),
      connectionTimeoutMillis: 10_000,
      application_name: 'zegel',
    })
    readBytes(client)
    // Without a listener a lost connection would end the process; what was under way is rejected by the driver.
    client.on('error', () => undefined)
    try {
      await client.connect()
    } catch (error) {
      throw unavailable(error)
    }
    return client
  }

  // ── single statements ──
  const slots: (Promise<pg.Client> | undefined)[] = Array.from({ length: shared }, () => undefined)
  let turn = 0
  const sharedClient = (): Promise<pg.Client> => {
    const slot = turn++ % shared
    return (slots[slot] ??= open().then(
      (client) => {
        client.on('end', () => (slots[slot] = undefined))
        return client
      },
      (error: unknown) => {
        slots[slot] = undefined
        throw error
      },
    ))
  }
  const sql = sqlBy(async (query) => run(await sharedClient(), query))

  // ── transactions ──
  const idle: pg.Client[] = []
  const waiting: { resolve: (client: pg.Client) => void; reject: (error: unknown) => void }[] = []
  let existing = 0
  const acquire = async (): Promise<pg.Client> => {
    const client = idle.pop()
    if (client !== undefined) return client
    if (existing >= transactions) return new Promise((resolve, reject) => waiting.push({ resolve, reject }))
    existing++
    try {
      const opened = await open()
      // One that is lost while idle must not be handed to the next transaction.
      opened.on('end', () => {
        const at = idle.indexOf(opened)
        if (at < 0) return
        idle.splice(at, 1)
        existing--
      })
      return opened
    } catch (error) {
      existing--
      // Those who wait would wait for ever if nobody else held a connection.
      if (existing === 0) for (const other of waiting.splice(0)) other.reject(error)
      throw error
    }
  }
  const release = (client: pg.Client, broken: boolean): void => {
    if (broken || closed) {
      existing--
      client.end().catch(() => undefined)
      const next = waiting.shift()
      if (next !== undefined) acquire().then(next.resolve, next.reject)
      return
    }
    const next = waiting.shift()
    if (next !== undefined) next.resolve(client)
    else idle.push(client)
  }

  const transaction = async <T>(work: (sql: Sql, last: Promise<unknown>[]) => Promise<T>): Promise<T> => {
    const client = await acquire()
    let broken = false
    let isOver = false
    const own = sqlBy((query) => {
      // After the end it would be a transaction of its own.
      if (isOver) return Promise.reject(new Error('a statement came after the end of its transaction'))
      return run(client, query)
    })
    const last: Promise<unknown>[] = []
    try {
      gatherWrites(client)
      const begun = client.query('begin')
      begun.catch(() => undefined)
      let result: T
      try {
        result = await work(own, last)
        await begun
      } catch (error) {
        isOver = true
        await Promise.allSettled(last)
        await client.query('rollback').catch(() => (broken = true))
        throw unavailable(error)
      }
      isOver = true
      gatherWrites(client)
      const committed = client.query('commit')
      committed.catch(() => undefined)
      await Promise.all(last)
      try {
        // PostgreSQL answers COMMIT with ROLLBACK when a statement had failed and nobody looked.
        if ((await committed).command !== 'COMMIT') throw new Error('the transaction had failed before its commit')
      } catch (error) {
        broken = true
        throw unavailable(error)
      }
      return result
    } finally {
      release(client, broken)
    }
  }

  // ── one moment ──
  const snapshot: Database['snapshot'] = async (work) => {
    // COPY does not go together with pipelining.
    const client = await open(false)
    try {
      await client.query('begin isolation level repeatable read, read only')
      return await work({ sql: sqlBy((query) => run(client, query)), copy: (query) => copyOut(client, query) })
    } catch (error) {
      throw unavailable(error)
    } finally {
      await client.end().catch(() => undefined)
    }
  }

  // ── listening: one connection for all channels ──
  const listeners = new Map<string, Set<(payload: string | undefined) => void>>()
  let listening: Promise<pg.Client> | undefined
  let hasComplained = false

  const startListening = async (): Promise<pg.Client> => {
    const client = await open()
    client.on('notification', ({ channel, payload }) => {
      for (const hear of listeners.get(channel) ?? []) hear(payload)
    })
    client.on('end', () => {
      listening = undefined
      if (!closed && listeners.size > 0) setTimeout(() => void listenAgain(), 1000).unref()
    })
    for (const channel of listeners.keys()) await client.query(`listen ${client.escapeIdentifier(channel)}`)
    return client
  }
  const listener = (): Promise<pg.Client> =>
    (listening ??= startListening().catch((error: unknown) => {
      listening = undefined
      throw error
    }))

  const listenAgain = async (): Promise<void> => {
    if (closed || listeners.size === 0) return
    try {
      await listener()
      hasComplained = false
      for (const here of listeners.values()) for (const hear of here) hear(undefined)
    } catch (error) {
      if (!hasComplained) log.warn({ err: error }, 'listening for changes failed, trying again until it works')
      hasComplained = true
      setTimeout(() => void listenAgain(), 5000).unref()
    }
  }

  const listen: Database['listen'] = async (channel, hear) => {
    const here = listeners.get(channel) ?? new Set()
    listeners.set(channel, here.add(hear))
    try {
      const client = await listener()
      await client.query(`listen ${client.escapeIdentifier(channel)}`)
    } catch (error) {
      throw unavailable(error)
    }
    return async () => {
      here.delete(hear)
      if (here.size === 0) listeners.delete(channel)
      if (listeners.size === 0) await (await listening?.catch(() => undefined))?.end()
    }
  }

  const close = async (): Promise<void> => {
    closed = true
    const sharedOnes = await Promise.allSettled(slots.filter((slot) => slot !== undefined))
    const clients = [...idle.splice(0), ...sharedOnes.flatMap((s) => (s.status === 'fulfilled' ? [s.value] : []))]
    await Promise.allSettled(clients.map((client) => client.end()))
  }

  const usage = (): DatabaseUsage => ({
    running: existing - idle.length,
    idle: idle.length,
    waiting: waiting.length,
    most: transactions,
  })

  return { sql, transaction, snapshot, listen, usage, close }
}

/** A statement as it is sent, and in which form its columns are wanted. */
interface Query extends Statement {
  binary?: boolean
}

function sqlBy(send: <Row extends object>(query: Query) => Promise<Result<Row>>): Sql {
  const bytes: Run = (strings, ...values) => send({ ...statement(strings, values), binary: true })
  return Object.assign<Run, { bytes: Run }>((strings, ...values) => send(statement(strings, values)), { bytes })
}

/**
 * Sends a statement. What is sent within one turn of the event loop leaves in one write: on small statements the system
 * call costs more than the statement.
 */
async function run<Row extends object>(client: pg.Client, query: Query): Promise<Result<Row>> {
  gatherWrites(client)
  try {
    const { rows, rowCount } = await client.query<Row & pg.QueryResultRow>(query)
    return { rows, rowCount: rowCount ?? 0 }
  } catch (error) {
    throw unavailable(error)
  }
}

const gathering = new WeakSet<Socket>()

function gatherWrites(client: pg.Client): void {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  if (gathering.has(stream)) return
  gathering.add(stream)
  stream.cork()
  setImmediate(() => {
    gathering.delete(stream)
    stream.uncork()
  })
}

/** SQLSTATE classes that mean the database cannot serve now: connection, resources (disk full), operator intervention, system. */
const UNAVAILABLE = /^(08|53|57|58|F0)/
const SOCKET = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EAI_AGAIN'])

/** Wraps what means "not now" as Refusal 'unavailable', so that every protocol answers with its temporary error. */
export function unavailable(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof Refusal) return error
  const code = (error as { code?: string }).code
  if (code !== undefined && (UNAVAILABLE.test(code) || SOCKET.has(code)))
    return new Refusal('unavailable', { cause: error })
  if (
    code === undefined &&
    /^(Connection terminated|Client has encountered a connection error|timeout expired|Client was closed)/.test(
      error.message,
    )
  )
    return new Refusal('unavailable', { cause: error })
  return error
}

/** SQLSTATE of an error thrown by a statement, such as '23505' (unique_violation). */
export const sqlState = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** `socket:/folder?db=name` means our own PostgreSQL, whose folder only its user and root can enter. */
export function target(url: string): pg.ClientConfig {
  if (!url.startsWith('socket:')) return { connectionString: url }
  const parsed = new URL(url)
  return { host: parsed.pathname, database: parsed.searchParams.get('db') ?? 'zegel', user: 'zegel' }
}
