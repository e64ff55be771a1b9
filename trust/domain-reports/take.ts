import { countToday, listDomains } from '#accounts'
import type { DmarcReport, ReportFault, TlsPolicy, TlsReport } from '#formats/domain-reports'
import { nextReportLetter, type WaitingReportLetter } from '#mail/domain-reports'
import { now, nowMs, Refusal, today } from '#system'
import type { ServiceKey, Storage } from '#storage'
import { reportPlace, type KeptReport, type KeptRow } from './kept.ts'
import type { Reading } from './reading/start.ts'
import { sourcesOf, type SourceSettings } from './source.ts'

const DAY_MS = 86_400_000

/** Letters in one round. */
const MOST_IN_ROUND = 100

/** Reports of a day that are kept: of one proven reporter, of all who are not proven, and of those that cannot be read. */
const MOST_OF_REPORTER = 500
const MOST_UNPROVEN = 200
const MOST_UNREADABLE = 100

/** What a report may be about: some reporters' clocks are wrong, and some report by the week. */
const LATEST_MS = 2 * DAY_MS
const OLDEST_MS = 390 * DAY_MS
const LONGEST_MS = 32 * DAY_MS

/** Rows that are kept of one report; the smallest of the others are left out, and counted in the sums. */
const MOST_ROWS = 200
const MOST_FAILURES = 100

/** What became of the letters of a round. */
export interface TakenReports {
  counted: number
  /** They had been counted before. */
  doubled: number
  unreadable: number
  overLimit: number
}

/** A report, or why there is none, as it is written down. */
interface Found {
  domain: string
  kind: 'dmarc' | 'tls' | null
  day: string
  trouble: ReportFault | null
  passed: number
  failed: number
  /** What makes it this report. */
  identity: string
  kept: KeptReport
}

/** Reads the letters that have come to addresses for reports, and keeps what they count. The letters are not kept. */
export async function takeReports(storage: Storage, config: SourceSettings, reading: Reading): Promise<TakenReports> {
  const taken: TakenReports = { counted: 0, doubled: 0, unreadable: 0, overLimit: 0 }
  const faults: unknown[] = []
  let after = 0
  for (let round = 0; round < MOST_IN_ROUND; round++) {
    const letter = await nextReportLetter(storage, after)
    if (letter === undefined) break
    after = letter.letterId
    try {
      await takeLetter(storage, config, reading, letter, taken)
    } catch (error) {
      // One letter that cannot be taken holds up no other.
      faults.push(error)
    }
  }
  if (faults.length > 0) throw faults[0]
  return taken
}

async function takeLetter(
  storage: Storage,
  config: SourceSettings,
  reading: Reading,
  letter: WaitingReportLetter,
  taken: TakenReports,
): Promise<void> {
  const hosted = (await listDomains(storage)).map(({ domain }) => domain)
  const found = hosted.includes(letter.domain) ? await foundIn(config, reading, letter, hosted) : []
  const key = await storage.keys.serviceKey('domainReports')
  const rows: { row: Found; reportKey: Buffer }[] = []
  for (const row of found) {
    if (!(await hasRoom(storage, letter, row))) taken.overLimit++
    else rows.push({ row, reportKey: key.hash(row.identity) })
  }
  await storage.database.transaction(async (sql) => {
    const { rowCount } = await sql`delete from report_letter where letter_id = ${letter.letterId}`
    // Another process has taken it.
    if (rowCount === 0) return
    for (const { row, reportKey } of rows) {
      const { rows: written } = await sql<{ copies: number }>`
        insert into domain_report as known
          (report_key, domain, kind, day, received_at, is_proven, trouble, passed, failed, sealed)
        values (${reportKey}, ${row.domain}, ${row.kind}, ${row.day}, ${now()}, ${letter.isProven}, ${row.trouble},
          ${row.passed}, ${row.failed}, ${sealed(key, reportKey, row.kept)})
        on conflict (report_key) do update set copies = known.copies + 1
        returning copies`
      if ((written[0]?.copies ?? 1) > 1) taken.doubled++
      else if (row.kind === null) taken.unreadable++
      else taken.counted++
    }
  })
}

const sealed = (key: ServiceKey, reportKey: Buffer, kept: KeptReport): Buffer =>
  key.seal(reportPlace(reportKey), JSON.stringify(kept))

async function foundIn(
  config: SourceSettings,
  reading: Reading,
  letter: WaitingReportLetter,
  hosted: readonly string[],
): Promise<Found[]> {
  if (letter.isTooLarge) return [unreadable(letter, 'tooLarge', 0)]
  const read = letter.files.length === 0 ? [] : await reading.read(letter.files)
  if (read.length === 0) return [unreadable(letter, 'noReport', 0)]
  const found: Found[] = []
  for (const [i, file] of read.entries()) {
    if ('fault' in file) found.push(unreadable(letter, file.fault, i))
    else if ('dmarc' in file) found.push(await dmarcFound(config, letter, file.dmarc, hosted, i))
    else found.push(...tlsFound(letter, file.tls, hosted, i))
  }
  return found
}

/** The reporter as the reader sees them: the domain that vouches for the letter, else what the report says of itself. */
const reporterOf = ({ isProven, from }: WaitingReportLetter, said: string): string =>
  isProven && from !== null ? from : said

/** Whoever is not proven cannot take the place of a report of somebody who is. */
const identityOf = (kind: string, { isProven, from }: WaitingReportLetter, said: string, id: string, domain: string) =>
  JSON.stringify([kind, isProven ? from : null, said, id, domain])

const unreadable = (letter: WaitingReportLetter, trouble: ReportFault, number: number): Found => ({
  domain: letter.domain,
  kind: null,
  day: today(),
  trouble,
  passed: 0,
  failed: 0,
  identity: JSON.stringify(['unreadable', letter.digest, number]),
  kept: { reporter: letter.from ?? '' },
})

/** The domain served here that a report is about: itself, or one that it lies in, or one that has its policy from it. */
const aboutOf = (
  domain: string,
  { domain: asked }: WaitingReportLetter,
  hosted: readonly string[],
): string | undefined =>
  hosted.find((one) => one === domain) ??
  hosted.find((one) => domain.endsWith(`.${one}`)) ??
  (domain.includes('.') && asked.endsWith(`.${domain}`) ? asked : undefined)

/** The day that most of it is about; undefined when it cannot be about any. */
function dayOf({ begin, end }: { begin: Date; end: Date }): string | undefined {
  const [from, to] = [begin.getTime(), end.getTime()]
  const isSound = to >= from && to - from <= LONGEST_MS && to <= nowMs() + LATEST_MS && from >= nowMs() - OLDEST_MS
  return isSound ? new Date((from + to) / 2).toISOString().slice(0, 10) : undefined
}

async function dmarcFound(
  config: SourceSettings,
  letter: WaitingReportLetter,
  report: DmarcReport,
  hosted: readonly string[],
  number: number,
): Promise<Found> {
  const domain = aboutOf(report.policy.domain, letter, hosted)
  if (domain === undefined) return unreadable(letter, 'otherDomain', number)
  const day = dayOf(report)
  if (day === undefined) return unreadable(letter, 'dates', number)
  const rows = await rowsOf(config, report)
  const passed = rows.filter(isPassed).reduce(sum, 0)
  return {
    domain,
    kind: 'dmarc',
    day,
    trouble: null,
    passed,
    failed: rows.reduce(sum, 0) - passed,
    identity: identityOf('dmarc', letter, report.organisation, report.reportId, report.policy.domain),
    kept: {
      reporter: reporterOf(letter, report.organisation),
      dmarc: { policy: report.policy.p, rows: rows.slice(0, MOST_ROWS) },
    },
  }
}

const sum = (total: number, { count }: { count: number }): number => total + count

/** RFC 9989 §5.3: one of the two is enough. */
export const isPassed = ({ dkim, spf }: Pick<KeptRow, 'dkim' | 'spf'>): boolean => dkim === 'pass' || spf === 'pass'

const FORWARDED = new Set(['forwarded', 'mailing_list', 'trusted_forwarder'])

/** A report's records by source, the most frequent first; their addresses are known here, and nowhere after. */
async function rowsOf(config: SourceSettings, { records }: DmarcReport): Promise<KeptRow[]> {
  const letters = new Map<string, number>()
  // Those that fail are what somebody has to know.
  for (const record of records)
    letters.set(record.source, (letters.get(record.source) ?? 0) + record.count * (isPassed(record) ? 1 : 1000))
  const addresses = [...letters].toSorted(([, a], [, b]) => b - a).map(([address]) => address)
  const sources = await sourcesOf(config, addresses)
  const rows = new Map<string, KeptRow>()
  for (const { source: address, count, disposition, dkim, spf, reasons } of records) {
    const source = sources.get(address) ?? { kind: 'unnamed' }
    const alike = { source, disposition, dkim, spf, isForwarded: reasons.some((reason) => FORWARDED.has(reason)) }
    const name = JSON.stringify(alike)
    const row = rows.get(name)
    if (row === undefined) rows.set(name, { ...alike, count })
    else row.count += count
  }
  return [...rows.values()].toSorted((a, b) => b.count - a.count)
}

function tlsFound(letter: WaitingReportLetter, report: TlsReport, hosted: readonly string[], number: number): Found[] {
  const day = dayOf(report)
  if (day === undefined) return [unreadable(letter, 'dates', number)]
  const byDomain = new Map<string, TlsPolicy[]>()
  for (const policy of report.policies) {
    const domain = aboutOf(policy.domain, letter, hosted)
    if (domain !== undefined) byDomain.set(domain, [...(byDomain.get(domain) ?? []), policy])
  }
  if (byDomain.size === 0) return [unreadable(letter, 'otherDomain', number)]
  return [...byDomain].map(([domain, policies]) => ({
    domain,
    kind: 'tls',
    day,
    trouble: null,
    passed: policies.reduce((total, { successes }) => total + successes, 0),
    failed: policies.reduce((total, { failures }) => total + failures, 0),
    identity: identityOf('tls', letter, report.organisation, report.reportId, domain),
    kept: {
      reporter: reporterOf(letter, report.organisation),
      tls: {
        policies: policies.map(({ type, successes, details }) => ({
          type,
          successes,
          failures: details.toSorted((a, b) => b.count - a.count).slice(0, MOST_FAILURES),
        })),
      },
    },
  }))
}

async function hasRoom(storage: Storage, { isProven, from }: WaitingReportLetter, { kind }: Found): Promise<boolean> {
  const [what, whom, most] =
    kind === null
      ? (['reports unreadable', '', MOST_UNREADABLE] as const)
      : isProven
        ? (['reports of', from ?? '', MOST_OF_REPORTER] as const)
        : (['reports unproven', '', MOST_UNPROVEN] as const)
  try {
    await countToday(storage, what, whom, most)
    return true
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'tooManyAttempts') return false
    throw error
  }
}
