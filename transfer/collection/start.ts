import type { CheckTools } from '#mail/inbound'
import { openReach, Refusal, type Config, type Log } from '#system'
import { Broken } from '../provider/origin.ts'
import { LEASE_MS, startRunners, Stopping } from '../runners.ts'
import type { Storage } from '#storage'
import {
  claimCollection,
  endInVain,
  endRound,
  loadRound,
  releaseCollection,
  renewLease,
  RoundEnded,
  type Claimed,
} from './claim.ts'
import { collect, type RoundContext } from './round.ts'

export interface CollectingContext {
  config: Pick<Config, 'smtp' | 'dns' | 'fetch' | 'cleartextOnLoopback'>
  storage: Storage
  log: Log
  checks: CheckTools
}

/** Rounds at a time in one process: each waits for the other provider most of the time. */
const AT_ONCE = 4

/** Collects what is due at other providers, a few at a time. Several processes may. */
export function startCollecting({ config, storage, log, checks }: CollectingContext): { stop(): Promise<void> } {
  const { cleartextOnLoopback } = config
  const context = { config, storage, checks, way: { reach: openReach(config), cleartextOnLoopback } }
  const takeNext = async (signal: AbortSignal): Promise<boolean> => {
    const claimed = await claimCollection(storage.database.sql)
    if (claimed !== undefined) await runClaimed(context, log, claimed, signal)
    return claimed !== undefined
  }
  return startRunners(
    log,
    'collecting was interrupted, it goes on',
    Array.from({ length: AT_ONCE }, () => takeNext),
  )
}

async function runClaimed(context: RoundContext, log: Log, claimed: Claimed, signal: AbortSignal): Promise<void> {
  const { storage } = context
  const { sql } = storage.database
  const renewing = setInterval(() => void renewLease(sql, claimed).catch(() => undefined), LEASE_MS / 4)
  try {
    const account = await storage.openAccount(claimed.accountId)
    const round = await loadRound(account, claimed)
    const reason = await collect(context, account, round, signal).then(
      () => undefined,
      (error: unknown) => reasonOf(error, log, claimed),
    )
    await (reason === undefined ? endRound(account, round) : endInVain(account, round, reason))
  } catch (error) {
    if (error instanceof RoundEnded) return
    await releaseCollection(sql, claimed)
    if (!isQuiet(error)) throw error
  } finally {
    clearInterval(renewing)
  }
}

/** It ends for now, or the account was closed meanwhile. */
const isQuiet = (error: unknown): boolean =>
  error instanceof Stopping || (error instanceof Refusal && error.reason === 'notFound')

/** Refusals that say enough to its owner. */
const TOLD = new Set<Refusal['reason']>(['scannerSilent', 'tooManyItems'])

/** What its owner is told of an attempt in vain. @throws what is none */
function reasonOf(error: unknown, log: Log, { accountId }: Claimed): string {
  if (error instanceof RoundEnded || isQuiet(error)) throw error
  if (error instanceof Broken) return 'unreachable'
  if (error instanceof Refusal && error.reason === 'invalid') return error.fields[0] ?? 'fault'
  if (error instanceof Refusal && TOLD.has(error.reason)) return error.reason
  // Whatever else keeps us from taking letters in for a while is told where it is.
  if (!(error instanceof Refusal)) log.error({ account: accountId, err: error }, 'a round of collecting failed')
  return 'fault'
}
