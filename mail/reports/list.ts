import { addressesOf } from '#accounts'
import type { OpenAccount, Storage } from '#storage'
import { NOBODY, placeOf, type KeptReport } from './note.ts'

/** Complaints of one type about one account, as the operator sees them. */
export interface ReportEntry {
  /** When the last came. */
  at: Date
  type: string
  /** Null for a letter that nobody here has sent. */
  accountId: number | null
  /** The account's own; of a stranger's letter the one that it was from. */
  address: string | null
  count: number
}

/** Reports that are looked at, the newest. */
const MOST = 5000

/** What has been complained about in the last 30 days, the newest first. */
export async function listReports(storage: Storage): Promise<ReportEntry[]> {
  const reports = await storage.keys.serviceKey('reports')
  const { rows } = await storage.database.sql<{ account_id: number; report_key: Buffer; sealed: Buffer; at: Date }>`
    select account_id, report_key, sealed, at from feedback_report order by at desc limit ${MOST}`
  const entries = new Map<string, ReportEntry>()
  const addresses = new Map<number, string | null>()
  for (const { account_id: accountId, report_key: key, sealed, at } of rows) {
    const { type, sender } = JSON.parse(reports.open(placeOf(accountId, key), sealed).toString()) as KeptReport
    if (accountId !== NOBODY && !addresses.has(accountId))
      addresses.set(accountId, (await addressesOf(storage, accountId))[0] ?? null)
    const address = accountId === NOBODY ? sender : (addresses.get(accountId) ?? null)
    const name = JSON.stringify([accountId, type, address])
    const known = entries.get(name)
    if (known === undefined)
      entries.set(name, { at, type, accountId: accountId === NOBODY ? null : accountId, address, count: 1 })
    else known.count++
  }
  return [...entries.values()]
}

/** What has been complained about one account's letters, for its owner. There are few (note.ts). */
export async function reportsAbout(
  { database, keys }: Pick<Storage, 'database' | 'keys'>,
  accountId: number,
): Promise<{ at: Date; type: string; sender: string | null }[]> {
  const reports = await keys.serviceKey('reports')
  const { rows } = await database.sql<{ report_key: Buffer; sealed: Buffer; at: Date }>`
    select report_key, sealed, at from feedback_report where account_id = ${accountId} order by at`
  return rows.map(({ report_key: key, sealed, at }) => {
    const { type, sender } = JSON.parse(reports.open(placeOf(accountId, key), sealed).toString()) as KeptReport
    return { at, type, sender }
  })
}

/** How many complaints about an account's letters have come since then. */
export async function countReports({ id, sql }: OpenAccount, since: Date): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from feedback_report where account_id = ${id} and at >= ${since}`
  return rows[0]?.count ?? 0
}
