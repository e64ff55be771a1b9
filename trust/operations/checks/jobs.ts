import { secondsBetween, DAY_SECONDS, type Check, type Finding } from '../check.ts'

export interface JobRun {
  job: string
  period_seconds: number
  scheduled_at: Date
  started_at: Date | null
  finished_at: Date | null
  succeeded_at: Date | null
  failures: number
  duration_ms: number | null
}

/** Failures in a row from which on it is no accident. */
const MANY_FAILURES = 3

/** Longer than any job but a first backup takes. */
const LONG_SECONDS = 2 * 3600
const STUCK_SECONDS = DAY_SECONDS

/** Beyond two of its times: a restart of the server passes one by. */
const GRACE_SECONDS = 900

export const jobs: Check<'jobs'> = {
  needs: 'database',
  async find({ database, at }) {
    const { rows } = await database.sql<JobRun>`
      select job, period_seconds, scheduled_at, started_at, finished_at, succeeded_at, failures, duration_ms
      from job_run where is_scheduled order by job`
    return rows.map((run) => ({
      subject: run.job,
      cause: causeOf(run, at),
      figures: {
        periodSeconds: run.period_seconds,
        lastRunAt: run.started_at?.toISOString() ?? null,
        lastSuccessAt: run.succeeded_at?.toISOString() ?? null,
        failures: run.failures,
        durationMs: run.duration_ms,
      },
    }))
  },
}

function causeOf(run: JobRun, at: Date): Finding<'jobs'>['cause'] {
  const { started_at: startedAt, finished_at: finishedAt, failures, period_seconds: period } = run
  if (startedAt !== null && (finishedAt === null || finishedAt < startedAt)) {
    const since = secondsBetween(startedAt, at)
    if (since > STUCK_SECONDS) return 'stuck'
    if (since > LONG_SECONDS) return 'long'
    if (failures === 0) return 'running'
  }
  if (failures >= MANY_FAILURES) return 'failing'
  if (failures > 0) return 'failed'
  const waitsSince = new Date(Math.max(startedAt?.getTime() ?? 0, run.scheduled_at.getTime()))
  if (secondsBetween(waitsSince, at) > 2 * period + GRACE_SECONDS) return 'missed'
  return run.succeeded_at === null ? 'waiting' : 'fine'
}
