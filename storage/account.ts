import { createSecretKey } from 'node:crypto'
import { Refusal } from '#system'
import { sqlState, type Database, type Sql } from './database/connect.ts'
import { deriveKey, keyedHash, open, seal } from './sealing/seal.ts'
import type { BlobStore } from './blobs/store.ts'
import type { Changes } from './changes.ts'
import type { KeyRing } from './keys/keyring.ts'

/** An account whose key is at hand. Nothing of an account can be read or written without one. */
export interface OpenAccount {
  readonly id: number
  readonly sql: Sql
  readonly blobs: BlobStore
  seal(table: string, row: number | string, value: string | Uint8Array): Buffer
  /** @throws SealBroken */
  open(table: string, row: number | string, sealed: Uint8Array): Buffer
  /** A keyed hash by which a sealed value is found again; `purpose` keeps names, Message-IDs … apart. */
  lookupKey(purpose: string, value: string): Buffer
  /**
   * Runs `work` in a transaction that carries the account's next change number, and tells listeners after the commit.
   * Works that come while another runs share one transaction. `work` may run twice: when another work of its group
   * failed, it runs again on its own, so it must change nothing but the database.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Calls back after every commit to this account, from any process. Returns how to stop. */
  listen(hear: (change: number) => void): () => void
}

export interface Transaction {
  readonly account: OpenAccount
  readonly sql: Sql
  /** The account's number for everything this transaction writes. */
  readonly change: number
  /** What a module gathers during the transaction and settles once before its commit, whatever number of works ran. */
  gather<T>(gathering: Gathering<T>): T
}

export interface Gathering<T> {
  start(): T
  /** Sends the statements that settle it. The commit follows them without waiting, so none can be sent after another. */
  settle(tx: Transaction, gathered: T): Promise<unknown>[]
}

export interface AccountParts {
  database: Database
  keys: KeyRing
  blobs: BlobStore
  changes: Changes
}

interface Pending {
  work: (tx: Transaction) => Promise<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/** Works in one transaction at most: a group that fails is run again singly. */
const GROUP = 64

/** SQLSTATEs after which the same work may well succeed: unique violation of a new id, serialisation failure, deadlock. */
const AGAIN = new Set(['23505', '40001', '40P01'])

export async function openAccount(parts: AccountParts, id: number): Promise<OpenAccount> {
  return accountWithKey(parts, id, await parts.keys.accountKey(id))
}

export function accountWithKey(parts: AccountParts, id: number, key: Buffer): OpenAccount {
  const { database, changes } = parts
  const sealing = createSecretKey(deriveKey(key, 'seal'))
  const lookup = deriveKey(key, 'lookup')
  const place = (table: string, row: number | string): string => `${id}/${table}/${row}`

  const queue: Pending[] = []
  let running = false
  const drain = async (): Promise<void> => {
    running = true
    while (queue.length > 0) {
      const group = queue.splice(0, GROUP)
      try {
        const values = await commit(group.map(({ work }) => work))
        group.forEach(({ resolve }, i) => resolve(values[i]))
      } catch (error) {
        if (group.length === 1 && !AGAIN.has(sqlState(error) ?? '')) group[0]?.reject(error)
        else for (const one of group) await commit([one.work]).then(([value]) => one.resolve(value), one.reject)
      }
    }
    running = false
  }

  const commit = async (works: Pending['work'][]): Promise<unknown[]> => {
    let change = 0
    const values = await database.transaction(async (sql, last) => {
      // Taken first: this row is the account's lock, so writers from several processes take turns, and the numbers
      // become visible in their order.
      const { rows } = await sql<{ change: number }>`
        update account set change = change + 1 where account_id = ${id} and state <> 'closed' returning change`
      if (rows[0] === undefined) throw new Refusal('notFound')
      change = rows[0].change
      return runWorks(account, sql, last, change, works)
    })
    changes.announce(id, change)
    return values
  }

  const account: OpenAccount = {
    id,
    sql: database.sql,
    blobs: parts.blobs,
    seal: (table, row, value) => seal(sealing, place(table, row), value),
    open: (table, row, sealed) => open(sealing, place(table, row), sealed),
    lookupKey: (purpose, value) => keyedHash(lookup, `${purpose}\0${value}`),
    write: <T>(work: (tx: Transaction) => Promise<T>) =>
      new Promise<T>((resolve, reject) => {
        queue.push({ work, resolve: resolve as (value: unknown) => void, reject })
        if (!running) void drain()
      }),
    listen: (hear) => changes.listen(id, hear),
  }
  return account
}

/**
 * Runs works under one change number and sends what settles them. The commit is the caller's: `account.write`, or whoever
 * makes an account in a transaction of its own.
 */
export async function runWorks<T>(
  account: OpenAccount,
  sql: Sql,
  last: Promise<unknown>[],
  change: number,
  works: ((tx: Transaction) => Promise<T>)[],
): Promise<T[]> {
  const gathered = new Map<Gathering<unknown>, unknown>()
  const tx: Transaction = {
    account,
    sql,
    change,
    gather<G>(gathering: Gathering<G>): G {
      const known = gathering as Gathering<unknown>
      if (!gathered.has(known)) gathered.set(known, gathering.start())
      return gathered.get(known) as G
    },
  }
  const results: T[] = []
  for (const work of works) results.push(await work(tx))
  for (const [gathering, value] of gathered) last.push(...gathering.settle(tx, value))
  return results
}
