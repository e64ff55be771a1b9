import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'hono'
import type { Storage } from '#storage'

const MOST_MS = 2000
const MOST_ATTEMPTS = 3

/** GET /healthz: whether the process and its database answer, within two seconds. */
export async function answerHealth(storage: Storage, c: Context): Promise<Response> {
  const isWell = await inTime(() => storage.database.sql`select 1`.then(() => true))
  return answer(c, isWell ? 'ok' : 'unavailable')
}

/**
 * GET /readyz: whether to send people here: the database answers and can be written to, and the process is not about to end. A full
 * disk is not asked for: who reads is still served.
 */
export async function answerReadiness(storage: Storage, isStopping: boolean, c: Context): Promise<Response> {
  if (isStopping) return answer(c, 'unavailable')
  const isReady = await inTime(async () => {
    const { rows } = await storage.database.sql<{ can: boolean }>`
      select not pg_is_in_recovery() and current_setting('transaction_read_only') = 'off' as can`
    return rows[0]?.can === true
  })
  return answer(c, isReady ? 'ready' : 'unavailable')
}

function answer(c: Context, status: 'ok' | 'ready' | 'unavailable'): Response {
  return c.json({ status }, status === 'unavailable' ? 503 : 200, { 'Cache-Control': 'no-store' })
}

async function inTime(ask: () => Promise<boolean>): Promise<boolean> {
  const given = new AbortController()
  const tooLate = sleep(MOST_MS, false, { signal: given.signal }).catch(() => false)
  const found = await Promise.race([askAnew(ask), tooLate])
  given.abort()
  return found
}

/** A database that was started again has ended the connections that were open; each says so once, to whoever uses it next. */
async function askAnew(ask: () => Promise<boolean>): Promise<boolean> {
  for (let attempt = 1; attempt < MOST_ATTEMPTS; attempt++) {
    try {
      return await ask()
    } catch {
      continue
    }
  }
  return ask().catch(() => false)
}
