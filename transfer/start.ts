import type { OpenAccount, Storage } from '#storage'
import { now, openReach, Refusal, type Config, type Log } from '#system'
import {
  claimImport,
  endImport,
  ImportEnded,
  loadRunning,
  releaseImport,
  renewLease,
  saveProgress,
  type Claimed,
  type ImportSource,
  type Running,
} from './imports.ts'
import { openParts } from './parts.ts'
import { openImap } from './provider/imap.ts'
import { Broken, type Way } from './provider/origin.ts'
import { readProvider } from './provider/read.ts'
import { runImport, type Keeping, type Progress } from './run.ts'
import { LEASE_MS, startRunners, Stopping, type TakeNext } from './runners.ts'
import { readSource } from './source.ts'

export interface TransferContext {
  config: Pick<Config, 'smtp' | 'dns' | 'fetch' | 'cleartextOnLoopback'>
  storage: Storage
  log: Log
}

/**
 * Imports that run at a time in one process: each has a letter or two and a group of them in memory. One from another provider waits for
 * that most of the time.
 */
const AT_ONCE: Record<ImportSource, number> = { file: 2, imap: 4 }

/** After this long one from another provider lets others have its place for a while, in milliseconds. */
const TURN_MS = 600_000

/** Seconds to wait after attempts in vain, one after the other; then it has failed. */
const WAITS = [2, 10, 60, 300, 900, 3600, 3 * 3600]

/** The other provider was not reached. */
class Later extends Error {
  override name = 'Later'
  readonly seconds: number
  constructor(seconds: number) {
    super(`again in ${seconds} s`)
    this.seconds = seconds
  }
}

/** Runs the imports that wait, one after the other, a few at a time. Several processes may. */
export function startTransfers({ config, storage, log }: TransferContext): { stop(): Promise<void> } {
  const { sql } = storage.database
  const { cleartextOnLoopback } = config
  const way = { reach: openReach(config), cleartextOnLoopback }

  const takeNext =
    (source: ImportSource): TakeNext =>
    async (signal) => {
      const claimed = await claimImport(sql, source)
      if (claimed !== undefined) await runClaimed({ config, storage, log, way }, claimed, signal)
      return claimed !== undefined
    }
  const places = (Object.keys(AT_ONCE) as ImportSource[]).flatMap((source) =>
    Array.from({ length: AT_ONCE[source] }, () => takeNext(source)),
  )
  return startRunners(log, 'an import was interrupted, it goes on', places)
}

interface RunContext extends TransferContext {
  way: Way
}

async function runClaimed(
  { config, storage, log, way }: RunContext,
  claimed: Claimed,
  signal: AbortSignal,
): Promise<void> {
  const { sql } = storage.database
  const renewing = setInterval(() => void renewLease(sql, claimed).catch(() => undefined), LEASE_MS / 4)
  try {
    const account = await storage.openAccount(claimed.accountId)
    const running = await loadRunning(account, claimed)
    const vain = 'attempts' in running ? running.attempts : 0
    const before = countOf(running.progress)
    const reason = await bring({ config, way }, account, claimed, running, signal).catch((error: unknown) => {
      if (error instanceof Refusal || error instanceof ImportEnded || error instanceof Stopping) throw error
      if (error instanceof Broken) {
        const seconds = WAITS[countOf(running.progress) > before ? 0 : vain]
        if (seconds !== undefined) throw new Later(seconds)
        return 'unreachable'
      }
      // A fault would be met again and again.
      log.error({ account: account.id, err: error }, 'an import failed')
      return 'fault'
    })
    await endImport(account, claimed, running, reason)
    const { added, known, damaged } = running.progress
    log.info({ account: account.id, added, known, damaged, failed: reason !== undefined }, 'an import is over')
  } catch (error) {
    if (error instanceof ImportEnded) return
    if (error instanceof Later) {
      await releaseImport(sql, claimed, new Date(now().getTime() + error.seconds * 1000))
      return
    }
    // Its owner may have stopped it, and what it read is gone with that.
    const wasRunning = await releaseImport(sql, claimed)
    if (wasRunning && !(error instanceof Stopping)) throw error
  } finally {
    clearInterval(renewing)
  }
}

/** Refusals that no other attempt would change: the file, or what was said of the other provider, is what it is. */
const FINAL = new Set<Refusal['reason']>(['invalid', 'tooManyItems'])

/** @returns why it failed; undefined when all was read. What is written down goes into `running` */
async function bring(
  { config, way }: Pick<RunContext, 'config' | 'way'>,
  account: OpenAccount,
  claimed: Claimed,
  running: Running,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { folder } = running
  const most = config.smtp.maxMessageMegabytes * 1024 * 1024
  const until = running.source === 'file' ? Infinity : performance.now() + TURN_MS
  const keepIn = <Where extends Running['progress']['position']>(place: {
    progress: Progress<Where>
  }): Keeping<Where> => ({
    save: (tx, progress) => saveProgress(tx, claimed, running, progress),
    saved(progress) {
      place.progress = progress
      if (signal.aborted || performance.now() > until) throw new Stopping()
    },
  })
  try {
    if (running.source === 'file') {
      const { name, size } = running
      const source = await openParts(account, claimed.id, size)
      const reading = { source, name, folder, most }
      await runImport(account, (from) => readSource(reading, from), running.progress, keepIn(running))
    } else {
      const { origin } = running
      const reading = { connect: () => openImap(way, origin, most), folder, most }
      await runImport(account, (from) => readProvider(reading, from), running.progress, keepIn(running))
    }
    return undefined
  } catch (error) {
    if (error instanceof Refusal && FINAL.has(error.reason)) return error.fields[0] ?? error.reason
    throw error
  }
}

const countOf = ({ added, known, damaged, skipped }: Omit<Running['progress'], 'position'>): number =>
  added + known + damaged + skipped
