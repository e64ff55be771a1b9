import { Refusal } from '#system'
import { runWorks, type OpenAccount, type Transaction } from './account.ts'
import type { Changes } from './changes.ts'
import { sqlState, type Database } from './database/connect.ts'

/** Runs works on accounts, many of them in one transaction. */
export interface Writer {
  write<T>(account: OpenAccount, work: (tx: Transaction) => Promise<T>): Promise<T>
}

interface Pending {
  account: OpenAccount
  work: (tx: Transaction) => Promise<unknown>
  resolve: (value: unknown) => void
  reject: (error: unknown) => void
}

/** Works in one transaction at most. */
const GROUP = 64

/** Transactions at a time. While they run the next ones gather, so a busy server commits rarely and much. */
const AT_ONCE = 2

/** SQLSTATEs after which the same work may well succeed: unique violation of a new id, serialisation failure, deadlock. */
const AGAIN = new Set(['23505', '40001', '40P01'])

/**
 * Group commit. Works on one account run one after the other, those of different accounts side by side: their statements
 * then leave together, and what a message costs is its rows rather than its round trips. A group that fails is run again
 * singly, so that nobody suffers from a neighbour.
 */
export function openWriter(database: Database, changes: Changes): Writer {
  const waiting = new Map<number, Pending[]>()
  const busy = new Set<number>()
  let running = 0

  const pump = (): void => {
    while (running < AT_ONCE) {
      const group = take()
      if (group.length === 0) return
      const accounts = new Set(group.map(({ account }) => account.id))
      for (const id of accounts) busy.add(id)
      running++
      void run(group).finally(() => {
        running--
        for (const id of accounts) busy.delete(id)
        pump()
      })
    }
  }

  /** The next works, of accounts on which nothing runs: an account's works keep their order. */
  const take = (): Pending[] => {
    const group: Pending[] = []
    for (const [id, works] of waiting) {
      if (busy.has(id)) continue
      group.push(...works.splice(0, GROUP - group.length))
      if (works.length === 0) waiting.delete(id)
      if (group.length >= GROUP) break
    }
    return group
  }

  const run = async (group: Pending[]): Promise<void> => {
    try {
      const values = await commit(group)
      for (const pending of group) pending.resolve(values.get(pending))
    } catch (error) {
      const isFinal = group.length === 1 && !AGAIN.has(sqlState(error) ?? '')
      if (isFinal) group[0]?.reject(error)
      else
        for (const pending of group)
          await commit([pending]).then((values) => pending.resolve(values.get(pending)), pending.reject)
    }
  }

  const commit = async (group: Pending[]): Promise<Map<Pending, unknown>> => {
    const ofAccount = Map.groupBy(group, ({ account }) => account.id)
    const ids = [...ofAccount.keys()]
    let numbers = new Map<number, number>()
    const values = await database.transaction(async (sql, last) => {
      // Taken first, in the order of ids: these rows are the accounts' locks, so writers from several processes take
      // turns without deadlock, and numbers become visible in their order.
      const { rows } = await sql<{ account_id: number; change: number }>`
        with locked as (
          select account_id from account where account_id = any(${ids}::bigint[]) and state in ('open', 'suspended')
          order by account_id for update
        )
        update account set change = change + 1 from locked where account.account_id = locked.account_id
        returning account.account_id, account.change`
      numbers = new Map(rows.map((row) => [row.account_id, row.change]))
      if (numbers.size < ids.length) throw new Refusal('notFound')
      // All are waited for even when one fails: none may go on sending after the rollback.
      const outcomes = await Promise.allSettled(
        [...ofAccount].map(async ([id, works]) => {
          const { account } = works[0] as Pending
          const results = await runWorks(account, sql, last, numbers.get(id) as number, works)
          return works.map((pending, i) => [pending, results[i]] as const)
        }),
      )
      return new Map(
        outcomes.flatMap((outcome) => {
          if (outcome.status === 'rejected') throw outcome.reason
          return outcome.value
        }),
      )
    })
    for (const [id, change] of numbers) changes.announce(id, change)
    return values
  }

  return {
    write: (account, work) =>
      new Promise((resolve, reject) => {
        const pending: Pending = { account, work, resolve: resolve as (value: unknown) => void, reject }
        const works = waiting.get(account.id)
        if (works === undefined) waiting.set(account.id, [pending])
        else works.push(pending)
        pump()
      }),
  }
}
