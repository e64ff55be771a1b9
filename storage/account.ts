import { createSecretKey } from 'node:crypto'
import type { Database, Sql } from './database/connect.ts'
import { deriveKey, keyedHash, open, seal } from './sealing/seal.ts'
import type { BlobStore } from './blobs/store.ts'
import type { Changes } from './changes.ts'
import type { KeyRing } from './keys/keyring.ts'
import type { Writer } from './writer.ts'

/** Who acts on an account: what somebody deletes is told with it. */
export interface Actor {
  /** Tells the actors of an account apart. */
  readonly key: string
  /** What the owner is told of it, as JSON. Asked only when something is deleted. */
  describe(account: OpenAccount, sql: Sql): Promise<object>
}

/** An account whose key is at hand. Nothing of an account can be read or written without one. */
export interface OpenAccount {
  readonly id: number
  readonly sql: Sql
  readonly blobs: BlobStore
  /** Undefined for what the service does by itself. */
  readonly actor: Actor | undefined
  /** The same account, for whoever acts on it. Of one actor always the same object: what is remembered by it stays. */
  as(actor: Actor): OpenAccount
  seal(table: string, row: number | string, value: string | Uint8Array): Buffer
  /** @throws SealBroken */
  open(table: string, row: number | string, sealed: Uint8Array): Buffer
  /** A keyed hash by which a sealed value is found again; `purpose` keeps names, Message-IDs … apart. */
  lookupKey(purpose: string, value: string): Buffer
  /**
   * Runs `work` in a transaction that carries the account's next change number, and tells listeners after the commit.
   * Works that come together share one transaction (writer.ts). `work` may run twice: when another work of its group
   * failed, it runs again on its own, so it must change nothing but the database.
   */
  write<T>(work: (tx: Transaction) => Promise<T>): Promise<T>
  /** Calls back after every commit to this account, from any process. Returns how to stop. */
  listen(hear: (change: number) => void): () => void
}

export interface Transaction {
  /** As whoever acts on it sees it. */
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
  writer: Writer
  keys: KeyRing
  blobs: BlobStore
  changes: Changes
}

export async function openAccount(parts: AccountParts, id: number): Promise<OpenAccount> {
  return accountWithKey(parts, id, await parts.keys.accountKey(id))
}

export function accountWithKey(parts: AccountParts, id: number, key: Buffer): OpenAccount {
  const sealing = createSecretKey(deriveKey(key, 'seal'))
  const lookup = deriveKey(key, 'lookup')
  const place = (table: string, row: number | string): string => `${id}/${table}/${row}`
  const actors = new Map<string, OpenAccount>()

  const actedOnBy = (actor: Actor | undefined): OpenAccount => ({
    id,
    sql: parts.database.sql,
    blobs: parts.blobs,
    actor,
    as(other) {
      const known = actors.get(other.key) ?? actedOnBy(other)
      actors.delete(other.key)
      actors.set(other.key, known)
      if (actors.size > ACTORS) actors.delete(actors.keys().next().value as string)
      return known
    },
    seal: (table, row, value) => seal(sealing, place(table, row), value),
    open: (table, row, sealed) => open(sealing, place(table, row), sealed),
    lookupKey: (purpose, value) => keyedHash(lookup, `${purpose}\0${value}`),
    write(work) {
      return parts.writer.write(this, work)
    },
    listen: (hear) => parts.changes.listen(id, hear),
  })
  return actedOnBy(undefined)
}

/** Actors of one account that are remembered. */
const ACTORS = 100

/**
 * Runs works under one change number and sends what settles them. The commit is the caller's: `account.write`, or whoever
 * makes an account in a transaction of its own.
 */
export async function runWorks<T>(
  account: OpenAccount,
  sql: Sql,
  last: Promise<unknown>[],
  change: number,
  works: { account: OpenAccount; work: (tx: Transaction) => Promise<T> }[],
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
  for (const { account: by, work } of works) results.push(await work({ ...tx, account: by }))
  for (const [gathering, value] of gathered) last.push(...gathering.settle(tx, value))
  return results
}
