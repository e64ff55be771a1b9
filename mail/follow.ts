import { accountsWithDue } from '#items'
import type { OpenAccount, Storage } from '#storage'
import type { Log } from '#system'

/** How often it is asked which accounts are to be followed, and what is due. */
const REFRESH_MS = 2000

/** Accounts followed at a time. */
const MOST = 10_000

export interface Following {
  storage: Storage
  log: Log
  /** Accounts that have records of this kind with a time to be due at are followed. */
  kind: string
  /** Called when an account is first followed, and again after each of its changes. */
  look(account: OpenAccount): Promise<void>
  /** Called every few seconds: for what is due without a change. */
  lookAtAll?(): Promise<void>
}

/**
 * Follows accounts by their change numbers, in whichever process they change. A look that fails is made again. Several
 * processes may follow the same account: whatever a look does, it does in a transaction, and once.
 */
export function followAccounts({ storage, log, kind, look, lookAtAll }: Following): { stop(): Promise<void> } {
  const followed = new Map<number, () => void>()
  const changed = new Set<number>()
  let isStopped = false
  let wake = (): void => undefined

  const note = (id: number): void => {
    changed.add(id)
    wake()
  }

  const refresh = async (): Promise<void> => {
    const wanted = new Set(await accountsWithDue(storage, kind, MOST))
    for (const [id, stop] of followed) {
      if (wanted.has(id)) continue
      stop()
      followed.delete(id)
    }
    // One that cannot be opened, because it was closed, leaves the others their turn.
    for (const id of wanted) if (!followed.has(id)) await attempt(() => follow(id), id)
  }

  const follow = async (id: number): Promise<void> => {
    const account = await storage.openAccount(id)
    followed.set(
      id,
      account.listen(() => note(id)),
    )
    changed.add(id)
  }

  let hasComplained = false
  const attempt = async (what: () => Promise<void>, account?: number): Promise<boolean> => {
    try {
      await what()
      return true
    } catch (error) {
      // Said once: while the database is away, all of them fail.
      if (!hasComplained) log.error({ kind, account, err: error }, 'a look at an account failed, it is made again')
      hasComplained = true
      return false
    }
  }

  const lookAtChanged = async (): Promise<void> => {
    const failed: number[] = []
    for (let [id] = changed; id !== undefined && !isStopped; [id] = changed) {
      const accountId = id
      changed.delete(accountId)
      const done = await attempt(async () => look(await storage.openAccount(accountId)), accountId)
      if (done) hasComplained = false
      else failed.push(accountId)
    }
    for (const id of failed) changed.add(id)
  }

  const run = async (): Promise<void> => {
    while (!isStopped) {
      const until = performance.now() + REFRESH_MS
      await attempt(async () => {
        await lookAtAll?.()
        await refresh()
      })
      await lookAtChanged()
      // What changes meanwhile is looked at at once.
      for (let left = 1; !isStopped && left > 0; left = until - performance.now()) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, Math.max(0, until - performance.now()))
          wake = () => {
            clearTimeout(timer)
            resolve()
          }
        })
        if (until - performance.now() > 0) await lookAtChanged()
      }
    }
  }

  const running = run()
  return {
    async stop() {
      isStopped = true
      wake()
      await running
      for (const stop of followed.values()) stop()
    },
  }
}
