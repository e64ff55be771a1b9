import type { ReportKind } from '#accounts'
import type { Storage } from '#storage'
import { sentPlace, type SentReport } from './sending/deliver.ts'
import type { ShownSent } from './shown.ts'

/** The newest reports that this server has sent, of all domains. */
export async function showSent({ database, keys }: Storage, most: number): Promise<ShownSent[]> {
  const { rows } = await database.sql<{
    kind: ReportKind
    day: string
    domain_key: Buffer
    state: ShownSent['state']
    sealed: Buffer
  }>`
    select kind, day::text, domain_key, state, sealed from report_sent order by day desc, kind, domain_key limit ${most}`
  const key = await keys.serviceKey('domainReports')
  return rows.map(({ kind, day, domain_key: domainKey, state, sealed }) => ({
    kind,
    day,
    state,
    ...(JSON.parse(key.open(sentPlace(kind, day, domainKey), sealed).toString()) as SentReport),
  }))
}
