import { randomUUID, X509Certificate } from 'node:crypto'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import { countsOf, now, nowMs, onceUntilOver, type Certificate, type Log, type ServerCertificates } from '#system'
import type { Database, Storage } from '#storage'

/** What a process says of itself. */
export interface ProcessFigures {
  residentBytes: number
  heapUsedBytes: number
  heapLimitBytes: number
  /** How late the event loop was since the last report, for the slowest hundredth of the time. */
  loopDelayMs: number
  /** Transactions that run, and works that wait for a connection. */
  databaseRunning: number
  databaseWaiting: number
  /** Of the certificate that it shows to whoever connects; null where nobody does. */
  certificateEndsAt: string | null
  /** What was turned away in the last ten minutes: connections by protocol, letters by limit. */
  refusals: Record<string, number>
}

export interface ProcessReport {
  parts: string[]
  startedAt: Date
  reportedAt: Date
  expiresAt: Date
  hasEnded: boolean
  figures: ProcessFigures
}

const EVERY_MS = 15_000

/** A process that is busy for a moment is not gone. */
const EXPIRES_MS = 60_000

/** Reports in ten minutes. */
const REMEMBERED = 40

const RESOLUTION_MS = 20

export interface ReportingContext {
  storage: Pick<Storage, 'database'>
  parts: readonly string[]
  certificates: Pick<ServerCertificates, 'own'>
  log: Log
  /** Between two reports; tests have theirs. */
  everyMs?: number
}

/** Lets a process say every few seconds how it is, until it says that it ends. */
export async function startReporting(context: ReportingContext): Promise<{ stop(): Promise<void> }> {
  const { storage, parts, log, everyMs = EVERY_MS } = context
  const id = randomUUID()
  const startedAt = now()
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  const earlier: Record<string, number>[] = []
  const outage = onceUntilOver(
    (message) => log.warn({}, message),
    'how this process is could not be written down',
    'how this process is can be written down again',
  )

  const figuresNow = (): ProcessFigures => {
    const { rss, heapUsed } = process.memoryUsage()
    const refused: Record<string, number> = { ...countsOf('refusals'), ...countsOf('overloads') }
    const before = earlier.length >= REMEMBERED ? earlier.shift() : earlier[0]
    earlier.push(refused)
    const { running, waiting } = storage.database.usage()
    const loopDelayMs = Math.max(0, Math.round(delay.percentile(99) / 1e6) - RESOLUTION_MS)
    delay.reset()
    return {
      residentBytes: rss,
      heapUsedBytes: heapUsed,
      heapLimitBytes: getHeapStatistics().heap_size_limit,
      loopDelayMs,
      databaseRunning: running,
      databaseWaiting: waiting,
      certificateEndsAt: endOf(context.certificates.own),
      refusals: Object.fromEntries(
        Object.entries(refused).map(([protocol, count]) => [protocol, count - (before?.[protocol] ?? 0)]),
      ),
    }
  }

  const report = async (hasEnded = false): Promise<void> => {
    try {
      const expiresAt = new Date(nowMs() + EXPIRES_MS)
      await storage.database.sql`
        insert into process_report (process_id, parts, started_at, reported_at, expires_at, has_ended, figures)
        values (${id}, ${parts}, ${startedAt}, ${now()}, ${expiresAt}, ${hasEnded}, ${JSON.stringify(figuresNow())}::jsonb)
        on conflict (process_id) do update set reported_at = excluded.reported_at, expires_at = excluded.expires_at,
          has_ended = excluded.has_ended, figures = excluded.figures`
      outage.over()
    } catch {
      outage.trouble()
    }
  }

  await report()
  let reporting: Promise<void> | undefined
  const timer = setInterval(() => {
    reporting ??= report().finally(() => (reporting = undefined))
  }, everyMs).unref()
  return {
    async stop() {
      clearInterval(timer)
      await reporting
      await report(true)
      delay.disable()
    },
  }
}

function endOf({ cert }: Pick<Certificate, 'cert'>): string | null {
  try {
    return new X509Certificate(cert).validToDate.toISOString()
  } catch {
    return null
  }
}

/** What processes have said in the last day, the one that runs longest first. */
export async function readReports({ sql }: Pick<Database, 'sql'>): Promise<ProcessReport[]> {
  const { rows } = await sql<{
    parts: string[]
    started_at: Date
    reported_at: Date
    expires_at: Date
    has_ended: boolean
    figures: ProcessFigures
  }>`
    select parts, started_at, reported_at, expires_at, has_ended, figures from process_report
    where expires_at > ${new Date(nowMs() - 24 * 3_600_000)} order by started_at, process_id`
  return rows.map((row) => ({
    parts: row.parts,
    startedAt: row.started_at,
    reportedAt: row.reported_at,
    expiresAt: row.expires_at,
    hasEnded: row.has_ended,
    figures: row.figures,
  }))
}
