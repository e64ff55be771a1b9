import { setTimeout as sleep } from 'node:timers/promises'
import { Refusal } from '#system'
import { placesOf, postpone, type Claim } from './claim.ts'
import { LeaseLost, settle, settlePlain, type SettleContext, type Settlement } from './settle.ts'

/** Attempts whose outcome is written in one transaction. */
const TOGETHER = 100

const AGAIN_MS = 1000

/**
 * Writes down how attempts went: many at once while the ones before are being committed.
 * @param done  told of each claim when all is written, or put aside
 */
export function openSettling(context: SettleContext, done: (claim: Claim) => void) {
  const waiting: Settlement[] = []
  let running: Promise<void> | undefined
  let isClosed = false

  const run = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting.splice(0, TOGETHER)
      // One that fails must not keep its neighbours.
      await settle(context, batch).catch(() => Promise.all(batch.map(settleOne)))
      for (const { claim } of batch) done(claim)
    }
  }

  const settleOne = async (settlement: Settlement): Promise<void> => {
    while (!isClosed)
      try {
        return await settle(context, [settlement])
      } catch (error) {
        if (error instanceof LeaseLost) return
        if (!(error instanceof Refusal && error.reason === 'unavailable')) return putAside(settlement, error)
        // Kept until the database is back: what was delivered must not be delivered again.
        await sleep(AGAIN_MS)
      }
  }

  /**
   * What was delivered is written down in any case, lest it be delivered again and again; the rest waits, and so does what
   * was to go on elsewhere and stands in no queue for it yet.
   */
  const putAside = async ({ claim, verdicts }: Settlement, cause: unknown): Promise<void> => {
    const { storage, log } = context
    log.error({ letter: claim.letterId, err: cause }, 'how a letter went could not be told')
    const delivered = verdicts.filter(({ state, outcome }) => state === 'delivered' && outcome.onward === undefined)
    await settlePlain(context, [{ claim, verdicts: delivered }]).catch((error: unknown) => {
      log.error({ letter: claim.letterId, err: error }, 'how a letter went could not be written down')
    })
    await postpone(storage, placesOf([claim])).catch(() => undefined)
  }

  return {
    add(settlement: Settlement): void {
      waiting.push(settlement)
      running ??= run()
        .catch((error: unknown) => context.log.error({ err: error }, 'writing down how letters went failed'))
        .finally(() => (running = undefined))
    },
    /** Waits for what is left, so long. */
    async close(mostMs: number): Promise<void> {
      const timer = new AbortController()
      await Promise.race([running, sleep(mostMs, undefined, { signal: timer.signal }).catch(() => undefined)])
      timer.abort()
      isClosed = true
      await running
    },
  }
}
