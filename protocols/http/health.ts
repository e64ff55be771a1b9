import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'hono'
import type { Storage } from '#storage'

const MOST_MS = 2000

/** GET /healthz: whether the database answers, within two seconds. */
export async function answerHealth(storage: Storage, c: Context): Promise<Response> {
  const given = new AbortController()
  const tooLate = sleep(MOST_MS, false, { signal: given.signal }).catch(() => false)
  const answers = storage.database.sql`select 1`.then(
    () => true,
    () => false,
  )
  const isWell = await Promise.race([answers, tooLate])
  given.abort()
  return c.json({ status: isWell ? 'ok' : 'unavailable' }, isWell ? 200 : 503, { 'Cache-Control': 'no-store' })
}
