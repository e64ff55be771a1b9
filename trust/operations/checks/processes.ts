import type { CountKind } from '#system'
import type { Check, Finding } from '../check.ts'
import { readReports, type ProcessReport } from '../reports.ts'
import { certificateEndsAt } from './certificates.ts'

/** Of the heap that Node allows the process. */
const SCARCE_SHARE = 0.8
const GONE_SHARE = 0.95

/** By how much the event loop was late, for the slowest hundredth of the time. */
const SLOW_MS = 300
const BLOCKED_MS = 2000

/** Works of one process that wait for a connection to the database. */
const MANY_WAITING = 50

export const processes: Check<'processes'> = {
  needs: 'database',
  async find({ database, config, at }) {
    const reports = await readReports(database)
    const living = reports.filter(({ expiresAt, hasEnded }) => !hasEnded && expiresAt > at)
    // One that ended without a word, as long as another does not do its work.
    const served = new Set(living.flatMap(({ parts }) => parts))
    const gone = reports.filter(
      ({ expiresAt, hasEnded, parts }) => !hasEnded && expiresAt <= at && parts.some((part) => !served.has(part)),
    )
    if (living.length + gone.length === 0) return [{ subject: '', cause: 'none', figures: {} }]
    const endsAt = await certificateEndsAt(config, database)
    return named([
      ...living.map((report) => ({ report, cause: causeOf(report, endsAt) })),
      ...gone.map((report) => ({ report, cause: 'gone' as const })),
    ])
  },
}

function causeOf({ figures }: ProcessReport, endsAt: Date | undefined): Finding<'processes'>['cause'] {
  const heapShare = figures.heapUsedBytes / figures.heapLimitBytes
  if (heapShare > GONE_SHARE) return 'memoryGone'
  if (figures.loopDelayMs > BLOCKED_MS) return 'blocked'
  if (heapShare > SCARCE_SHARE) return 'memoryScarce'
  if (figures.loopDelayMs > SLOW_MS) return 'slow'
  if (figures.databaseWaiting > MANY_WAITING) return 'databaseBusy'
  const served = figures.certificateEndsAt === null ? undefined : new Date(figures.certificateEndsAt)
  return served !== undefined && endsAt !== undefined && served < endsAt ? 'certificateOld' : 'fine'
}

/** By the parts it runs; several that run the same are numbered in the order of their starts. */
function named(
  found: readonly { report: ProcessReport; cause: Finding<'processes'>['cause'] }[],
): Finding<'processes'>[] {
  const seen = new Map<string, number>()
  return found.map(({ report, cause }) => {
    const name = report.parts.join('+')
    const number = (seen.get(name) ?? 0) + 1
    seen.set(name, number)
    const { refusals: _, ...figures } = report.figures
    return {
      subject: number === 1 ? name : `${name} ${number}`,
      cause,
      figures: {
        startedAt: report.startedAt.toISOString(),
        reportedAt: report.reportedAt.toISOString(),
        ...figures,
      },
    }
  })
}

/** Whether limits were reached within the last minutes, all processes together. */
export const limits: Check<'limits'> = {
  needs: 'database',
  async find({ database, at }) {
    const living = (await readReports(database)).filter(({ expiresAt, hasEnded }) => !hasEnded && expiresAt > at)
    const subjects = new Set(living.flatMap(({ figures }) => Object.keys(figures.refusals)))
    return [...subjects].toSorted().map((subject) => {
      const refused = living.reduce((sum, { figures }) => sum + (figures.refusals[subject] ?? 0), 0)
      return { subject, cause: refused > 0 ? (LETTER_LIMITS[subject] ?? 'reached') : 'fine', figures: { refused } }
    })
  },
}

/** What is said of limits that are not of connections. */
const LETTER_LIMITS: Readonly<Record<string, Finding<'limits'>['cause'] | undefined>> = {
  messageRate: 'rateReached',
  messageMemory: 'memoryReached',
} satisfies Record<CountKind<'overloads'>, Finding<'limits'>['cause']>
