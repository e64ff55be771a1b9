import { setTimeout as sleep } from 'node:timers/promises'
import type { OpenAccount, Storage } from '#storage'
import { Refusal, type Config, type Log } from '#system'
import {
  claimImport,
  endImport,
  ImportEnded,
  LEASE_MS,
  loadRunning,
  releaseImport,
  renewLease,
  saveProgress,
  type Claimed,
  type Running,
} from './imports.ts'
import { openParts } from './parts.ts'
import { runImport } from './run.ts'

export interface TransferContext {
  config: Pick<Config, 'smtp'>
  storage: Storage
  log: Log
}

/** How often it is asked what waits. */
const LOOK_MS = 1000

/** A failure is followed by a rest. */
const REST_MS = 5000

/** Imports that run at a time in one process: each has a letter or two and a group of them in memory. */
const AT_ONCE = 2

/** Whoever ends this process: an import is given back after the group that is being written. */
class Stopping extends Error {
  override name = 'Stopping'
}

/** Runs the imports that wait, one after the other, two at a time. Several processes may. */
export function startTransfers({ config, storage, log }: TransferContext): { stop(): Promise<void> } {
  const stopped = new AbortController()
  const { signal } = stopped
  const { sql } = storage.database

  const run = async (): Promise<void> => {
    let hasComplained = false
    while (!signal.aborted) {
      try {
        const claimed = await claimImport(sql)
        if (claimed !== undefined) await runClaimed({ config, storage, log }, claimed, signal)
        else await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined)
        hasComplained = false
      } catch (error) {
        // Said once: while the database is away, it fails every time.
        if (!hasComplained) log.error({ err: error }, 'an import was interrupted, it goes on')
        hasComplained = true
        await sleep(REST_MS, undefined, { signal }).catch(() => undefined)
      }
    }
  }
  const running = Array.from({ length: AT_ONCE }, run)
  return {
    async stop() {
      stopped.abort()
      await Promise.all(running)
    },
  }
}

async function runClaimed(
  { config, storage, log }: TransferContext,
  claimed: Claimed,
  signal: AbortSignal,
): Promise<void> {
  const { sql } = storage.database
  const renewing = setInterval(() => void renewLease(sql, claimed).catch(() => undefined), LEASE_MS / 4)
  try {
    const account = await storage.openAccount(claimed.accountId)
    const running = await loadRunning(account, claimed.id)
    const reason = await bring(config, account, claimed.id, running, signal).catch((error: unknown) => {
      if (error instanceof Refusal || error instanceof ImportEnded || error instanceof Stopping) throw error
      // A fault would be met again and again.
      log.error({ account: account.id, err: error }, 'an import failed')
      return 'fault'
    })
    await endImport(account, claimed.id, running, reason)
    const { added, known, damaged } = running.progress
    log.info({ account: account.id, added, known, damaged, failed: reason !== undefined }, 'an import is over')
  } catch (error) {
    if (error instanceof ImportEnded) return
    // Its owner may have stopped it, and what it read is gone with that.
    const wasRunning = await releaseImport(sql, claimed)
    if (wasRunning && !(error instanceof Stopping)) throw error
  } finally {
    clearInterval(renewing)
  }
}

/** Refusals that no other attempt would change: the file is what it is. */
const FINAL = new Set<Refusal['reason']>(['invalid', 'tooManyItems'])

/** @returns why it failed; undefined when all was read. What is written down goes into `running` */
async function bring(
  config: TransferContext['config'],
  account: OpenAccount,
  id: number,
  running: Running,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { name, folder, size } = running
  const source = await openParts(account, id, size)
  const most = config.smtp.maxMessageMegabytes * 1024 * 1024
  let counted = countOf(running.progress)
  try {
    running.progress = await runImport(account, { source, name, folder, most }, running.progress, {
      async save(tx, progress) {
        await saveProgress(tx, id, running, counted, progress)
      },
      saved(progress) {
        counted = countOf(progress)
        running.progress = progress
        if (signal.aborted) throw new Stopping()
      },
    })
    return undefined
  } catch (error) {
    if (error instanceof Refusal && FINAL.has(error.reason)) return error.fields[0] ?? error.reason
    throw error
  }
}

const countOf = ({ added, known, damaged, skipped }: Running['progress']): number => added + known + damaged + skipped
