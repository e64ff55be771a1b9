import type { Pool } from 'pg'
import { describeError, now, type Log } from '#system'

/** How a run ended. */
export type RunEnd = { counts: Record<string, number> } | { error: unknown }

export interface JobRuns {
  /** Which jobs there are, and the longest time between two of their times; others are no longer waited for. */
  schedule(jobs: readonly { job: string; periodSeconds: number }[]): Promise<void>
  /** Writes down that a run begins. @returns how to write down that it has ended */
  begin(job: string): Promise<(end: RunEnd) => Promise<void>>
}

/** Name and code of an error, and no word of its message: the message may quote anything. */
export function errorName(error: unknown): string {
  const { name, code } = describeError(error)
  return [name, code]
    .filter((part) => typeof part === 'string')
    .join(' ')
    .replace(/[^\w. -]/g, '')
    .slice(0, 80)
}

/** Keeps the last run of each job. That it cannot be written down keeps no job from running. */
export function openRuns(pool: Pick<Pool, 'query'>, log: Log): JobRuns {
  const write = async (text: string, values: unknown[]): Promise<void> => {
    try {
      await pool.query(text, values)
    } catch (error) {
      log.debug({ err: error }, 'how a job went could not be written down')
    }
  }
  return {
    async schedule(jobs) {
      await write(
        `with known as (
           insert into job_run (job, period_seconds, is_scheduled, scheduled_at)
           select job, period, true, $3 from unnest($1::text[], $2::int[]) as given (job, period)
           on conflict (job) do update set period_seconds = excluded.period_seconds, is_scheduled = true,
             scheduled_at = excluded.scheduled_at
         )
         update job_run set is_scheduled = false where job <> all($1::text[]) and is_scheduled`,
        [jobs.map(({ job }) => job), jobs.map(({ periodSeconds }) => periodSeconds), now()],
      )
    },

    async begin(job) {
      const startedAt = now()
      const started = performance.now()
      await write('update job_run set started_at = $2 where job = $1', [job, startedAt])
      return async (end) => {
        const durationMs = Math.round(performance.now() - started)
        await ('counts' in end
          ? write(
              `update job_run set finished_at = $2, succeeded_at = $2, failing_since = null, failures = 0, error = null,
                 duration_ms = $3, counts = $4 where job = $1`,
              [job, now(), durationMs, JSON.stringify(end.counts)],
            )
          : write(
              `update job_run set finished_at = $2, failing_since = coalesce(failing_since, $2), failures = failures + 1,
                 duration_ms = $3, error = $4 where job = $1`,
              [job, now(), durationMs, errorName(end.error)],
            ))
      }
    },
  }
}
