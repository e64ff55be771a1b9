import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'hono'
import type { Storage } from '#storage'

const MOST_MS = 2000

/** GET /healthz: whether the process and its database answer, within two seconds. */
export async function answerHealth(storage: Storage, c: Context): Promise<Response> {
  const isWell = await inTime(storage.database.sql`select 1`.then(() => true))
  return answer(c, isWell ? 'ok' : 'unavailable')
}

/**
 * GET /readyz: whether to send people here: the database answers and can be written to, and the process is not about to end. A full
 * disk is not asked for: who reads is still served.
 */
export async function answerReadiness(storage: Storage, isStopping: boolean, c: Context): Promise<Response> {
  if (isStopping) return answer(c, 'unavailable')
  const canWrite = storage.database.sql<{ can: boolean }>`
    select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as can`
  const isReady = await inTime(canWrite.then(({ rows }) => rows[0]?.can === true))
  return answer(c, isReady ? 'ready' : 'unavailable')
}

function answer(c: Context, status: 'ok' | 'ready' | 'unavailable'): Response {
  return c.json({ status }, status === 'unavailable' ? 503 : 200, { 'Cache-Control': 'no-store' })
}

async function inTime(work: Promise<boolean>): Promise<boolean> {
  const given = new AbortController()
  const tooLate = sleep(MOST_MS, false, { signal: given.signal }).catch(() => false)
  const found = await Promise.race([work.catch(() => false), tooLate])
  given.abort()
  return found
}
