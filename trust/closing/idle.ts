import { idleSteps, isStillIdle, noteIdleNotice, type IdleStep } from '#accounts'
import { wakeQueue } from '#mail/outbound'
import { nowMs, Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import { close, type ClosingConfig } from './close.ts'
import { letterAbout } from './tell.ts'

/** Accounts of one run. */
const MOST = 500

const DAY_MS = 86_400_000

export type IdleConfig = ClosingConfig & Pick<Config, 'idle'>

/** Tells owners of accounts that nobody uses that they will be closed, and closes those that stayed unused. */
export async function closeIdle(storage: Storage, config: IdleConfig): Promise<{ noticed: number; closed: number }> {
  const done = { noticed: 0, closed: 0 }
  for (const step of await idleSteps(storage, config.idle, MOST))
    if (step.days > 0) done.noticed += (await notice(storage, config, step)) ? 1 : 0
    else done.closed += (await closeOne(storage, config, step)) ? 1 : 0
  if (done.noticed > 0) wakeQueue(storage)
  return done
}

async function notice(storage: Storage, config: IdleConfig, step: IdleStep): Promise<boolean> {
  const closesOn = new Date(nowMs() + step.days * DAY_MS)
  const tell = await letterAbout(storage, config, step.accountId, 'idle', { closesOn, isOpen: true })
  return storage.database.transaction(async (sql) => {
    if (!(await noteIdleNotice(sql, step))) return false
    await tell(sql)
    return true
  })
}

async function closeOne(storage: Storage, config: IdleConfig, step: IdleStep): Promise<boolean> {
  const account = await storage.openAccount(step.accountId)
  try {
    await close(storage, config, account, { closedBy: 'idle', isStillSo: (sql) => isStillIdle(sql, step) })
    return true
  } catch (error) {
    // It was used, or closed, meanwhile.
    if (error instanceof Refusal && (error.reason === 'expired' || error.reason === 'notFound')) return false
    throw error
  }
}
