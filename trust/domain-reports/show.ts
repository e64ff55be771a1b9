import { listDomains, reportAddress } from '#accounts'
import type { ReportFault, TlsFailure } from '#formats/domain-reports'
import { nowMs } from '#system'
import type { Storage } from '#storage'
import { reportPlace, type KeptReport, type KeptRow } from './kept.ts'
import type { ShownDay, ShownReporter, ShownReports, ShownSource } from './shown.ts'
import { showSent } from './show-sent.ts'
import { isPassed } from './take.ts'

const DAY_MS = 86_400_000

/** Reports that are opened for one page, the newest first. */
const MOST_OPENED = 5000
/** Lines of each table. */
const MOST_SHOWN = 50

interface Row {
  report_key: Buffer
  kind: 'dmarc' | 'tls' | null
  day: string
  is_proven: boolean
  copies: number
  trouble: ReportFault | null
  passed: number
  failed: number
  sealed: Buffer
}

/**
 * What others have reported about a domain in the last days, counted together. What is not proven is told by its number alone.
 * @param asked  of the domains served here; the first of them where it is not one
 */
export async function showReports(storage: Storage, asked: string | undefined, days: number): Promise<ShownReports> {
  const domains = (await listDomains(storage)).map(({ domain }) => domain)
  const domain = domains.find((one) => one === asked) ?? domains[0] ?? null
  const from = new Date(nowMs() - (days - 1) * DAY_MS).toISOString().slice(0, 10)
  const { rows } = await storage.database.sql<Row>`
    select report_key, kind, day::text, is_proven, copies, trouble, passed::float8, failed::float8, sealed from domain_report
    where domain = ${domain} and day >= ${from}::date order by day desc, report_key limit ${MOST_OPENED + 1}`
  const key = await storage.keys.serviceKey('domainReports')
  const opened = rows.slice(0, MOST_OPENED).map((row) => ({
    ...row,
    kept: JSON.parse(key.open(reportPlace(row.report_key), row.sealed).toString()) as KeptReport,
  }))
  const proven = opened.filter(({ is_proven: isProven }) => isProven)
  const dmarc = proven.filter(({ kind }) => kind === 'dmarc')
  const tls = proven.filter(({ kind }) => kind === 'tls')
  return {
    domains,
    domain,
    days,
    addresses: { dmarc: reportAddress('dmarc', domain ?? ''), tls: reportAddress('tls', domain ?? '') },
    dmarc: {
      byDay: byDay(dmarc, from, days),
      sources: sourcesIn(dmarc.flatMap(({ kept }) => ('dmarc' in kept ? kept.dmarc.rows : []))),
      reporters: reportersIn(dmarc),
    },
    tls: {
      byDay: byDay(tls, from, days),
      failures: failuresIn(
        tls.flatMap(({ kept }) => ('tls' in kept ? kept.tls.policies.flatMap(({ failures }) => failures) : [])),
      ),
      reporters: reportersIn(tls),
    },
    unproven: opened.filter(({ is_proven: isProven, kind }) => !isProven && kind !== null).length,
    unreadable: opened
      .filter(({ trouble }) => trouble !== null)
      .slice(0, MOST_SHOWN)
      .map(({ day, trouble, copies, kept: { reporter } }) => ({
        day,
        reporter,
        trouble: trouble as ReportFault,
        copies,
      })),
    sent: await showSent(storage, MOST_SHOWN),
    isCut: rows.length > MOST_OPENED,
  }
}

/** Every day of the time, also those of which nobody said anything. */
function byDay(reports: readonly Pick<Row, 'day' | 'passed' | 'failed'>[], from: string, days: number): ShownDay[] {
  const first = Date.parse(from)
  const all = new Map<string, ShownDay>(
    Array.from({ length: days }, (_, i) => {
      const day = new Date(first + i * DAY_MS).toISOString().slice(0, 10)
      return [day, { day, passed: 0, failed: 0 }] satisfies [string, ShownDay]
    }),
  )
  for (const { day, passed, failed } of reports) {
    const counted = all.get(day)
    if (counted === undefined) continue
    counted.passed += passed
    counted.failed += failed
  }
  return [...all.values()]
}

function sourcesIn(rows: readonly KeptRow[]): ShownSource[] {
  const sources = new Map<string, ShownSource>()
  for (const row of rows) {
    const { source, count } = row
    const name = `${source.kind} ${source.name ?? source.country ?? ''}`
    const known = sources.get(name) ?? {
      ...source,
      passed: 0,
      failed: 0,
      forwarded: 0,
      quarantined: 0,
      rejected: 0,
      unsigned: 0,
      unlisted: 0,
    }
    sources.set(name, known)
    if (row.dkim === 'fail') known.unsigned += count
    if (row.spf === 'fail') known.unlisted += count
    if (isPassed(row)) {
      known.passed += count
      continue
    }
    known.failed += count
    if (row.isForwarded) known.forwarded += count
    if (row.disposition === 'quarantine') known.quarantined += count
    if (row.disposition === 'reject') known.rejected += count
  }
  return [...sources.values()].toSorted((a, b) => b.failed - a.failed || b.passed - a.passed).slice(0, MOST_SHOWN)
}

function reportersIn(reports: readonly (Pick<Row, 'passed' | 'failed'> & { kept: KeptReport })[]): ShownReporter[] {
  const reporters = new Map<string, ShownReporter>()
  for (const { kept, passed, failed } of reports) {
    const known = reporters.get(kept.reporter) ?? { name: kept.reporter, reports: 0, passed: 0, failed: 0 }
    reporters.set(kept.reporter, known)
    known.reports++
    known.passed += passed
    known.failed += failed
  }
  return [...reporters.values()]
    .toSorted((a, b) => b.failed - a.failed || b.passed + b.failed - a.passed - a.failed)
    .slice(0, MOST_SHOWN)
}

function failuresIn(failures: readonly TlsFailure[]): TlsFailure[] {
  const known = new Map<string, TlsFailure>()
  for (const failure of failures) {
    const name = `${failure.type} ${failure.mxHost ?? ''}`
    const one = known.get(name)
    if (one === undefined) known.set(name, { ...failure })
    else one.count += failure.count
  }
  return [...known.values()].toSorted((a, b) => b.count - a.count).slice(0, MOST_SHOWN)
}
