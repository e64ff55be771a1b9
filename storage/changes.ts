import { setTimeout as sleep } from 'node:timers/promises'
import type { Log } from '#system'
import type { Database } from './database/connect.ts'

/** Tells who listens that an account has changed: within the process at once, between processes by NOTIFY. */
export interface Changes {
  /** Called after each commit with the account's new change number. */
  announce(accountId: number, change: number): void
  /** Calls back with the newest change number; may call twice with the same. Returns how to stop. */
  listen(accountId: number, hear: (change: number) => void): () => void
  /** Calls back for every account. What is lost stays lost: whoever listens looks for itself now and then. */
  listenToAll(hear: (accountId: number) => void): () => void
  close(): Promise<void>
}

const CHANNEL = 'zegel_change'
/** Announcements to other processes are gathered for this long. */
const GATHER_MS = 20
/** A lost NOTIFY costs this long at most. */
const COMPARE_MS = 30_000
/** PostgreSQL takes payloads below 8,000 bytes. */
const PAIRS_PER_NOTIFY = 200

/**
 * NOTIFY is sent after the commit and never inside it: there it would make all commits of the cluster wait for one
 * another (362 instead of 1,118 inserts a second).
 */
export async function openChanges(database: Database, log: Log): Promise<Changes> {
  const listeners = new Map<number, Set<(change: number) => void>>()
  const everywhere = new Set<(accountId: number) => void>()
  const known = new Map<number, number>()
  const pending = new Map<number, number>()
  const stopped = new AbortController()

  const hear = (accountId: number, change: number): void => {
    for (const listener of everywhere) listener(accountId)
    const here = listeners.get(accountId)
    if (here === undefined || (known.get(accountId) ?? -1) >= change) return
    known.set(accountId, change)
    for (const listener of here) listener(change)
  }

  /** Asks for the numbers of all accounts that somebody listens to. */
  const compare = async (): Promise<void> => {
    const ids = [...listeners.keys()]
    if (ids.length === 0) return
    const { rows } = await database.sql<{ account_id: number; change: number }>`
      select account_id, change from account where account_id = any(${ids}::bigint[])`
    for (const row of rows) hear(row.account_id, row.change)
  }
  let hasComplained = false
  const compareQuietly = (): void =>
    void compare().then(
      () => (hasComplained = false),
      (error: unknown) => {
        if (!hasComplained) log.warn({ err: error }, 'could not compare change numbers')
        hasComplained = true
      },
    )

  const unlisten = await database.listen(CHANNEL, (payload) => {
    if (payload === undefined) return compareQuietly()
    for (const pair of payload.split(' ')) {
      const [accountId, change] = pair.split(':').map(Number)
      if (accountId !== undefined && change !== undefined) hear(accountId, change)
    }
  })
  const timer = setInterval(compareQuietly, COMPARE_MS).unref()

  let sending: Promise<void> | undefined
  const send = async (): Promise<void> => {
    await sleep(GATHER_MS, undefined, { signal: stopped.signal }).catch(() => undefined)
    while (pending.size > 0) {
      const pairs = [...pending].slice(0, PAIRS_PER_NOTIFY)
      for (const [accountId] of pairs) pending.delete(accountId)
      await database.sql`select pg_notify(${CHANNEL}, ${pairs.map(([id, change]) => `${id}:${change}`).join(' ')})`
    }
  }

  return {
    announce(accountId, change) {
      hear(accountId, change)
      pending.set(accountId, change)
      sending ??= send()
        .catch((error: unknown) => log.warn({ err: error }, 'could not tell other processes of changes'))
        .finally(() => (sending = undefined))
    },
    listen(accountId, listener) {
      const here = listeners.get(accountId) ?? new Set()
      listeners.set(accountId, here.add(listener))
      return () => {
        here.delete(listener)
        if (here.size > 0 || listeners.get(accountId) !== here) return
        listeners.delete(accountId)
        known.delete(accountId)
      }
    },
    listenToAll(listener) {
      everywhere.add(listener)
      return () => void everywhere.delete(listener)
    },
    async close() {
      clearInterval(timer)
      stopped.abort()
      await sending
      await unlisten()
    },
  }
}
