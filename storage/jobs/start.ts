import { Logger, parseCronItems, run, type Runner } from 'graphile-worker'
import pg from 'pg'
import { describeError, type Log } from '#system'
import { target, unavailable } from '../database/connect.ts'
import { longestGapSeconds } from './period.ts'
import { openRuns } from './runs.ts'

/** Background work. Idempotent: a job killed in the middle runs again. Returns counts for the log. */
export interface Job {
  name: string
  /** When to run, as in crontab(5). */
  cron: string
  run(): Promise<Record<string, number>>
}

/** The library's own log may quote statements. */
const silent = new Logger(() => () => undefined)

/**
 * Works the jobs until stopped. Several processes may: each job runs in one of them. How each went last stands in
 * `job_run`.
 * @throws Refusal 'unavailable'
 */
export async function startJobs(url: string, jobs: Job[], log: Log): Promise<{ stop(): Promise<void> }> {
  const pool = new pg.Pool({ ...target(url), max: 4, application_name: 'zegel jobs' })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const parsed = parseCronItems(
    jobs.map((job) => ({ task: job.name, match: job.cron, options: { backfillPeriod: 0 } })),
  )
  const runs = openRuns(pool, log)
  await runs.schedule(parsed.map((item) => ({ job: item.task, periodSeconds: longestGapSeconds(item) })))
  const runner: Runner = await run({
    pgPool: pool,
    // Retention rests for most of its time, and a backup takes long: the others must not wait behind the two.
    concurrency: 3,
    noHandleSignals: true,
    pollInterval: 2000,
    logger: silent,
    taskList: Object.fromEntries(
      jobs.map((job) => [
        job.name,
        async () => {
          const ended = await runs.begin(job.name)
          try {
            const counts = await job.run()
            await ended({ counts })
            log.info({ job: job.name, ...counts }, 'job done')
          } catch (error) {
            await ended({ error })
            log.error({ job: job.name, err: error }, 'job failed, it will be tried again')
            // The library stores what is thrown: only the kind of error goes there.
            throw new Error(JSON.stringify(describeError(error)['name']))
          }
        },
      ]),
    ),
    parsedCronItems: parsed,
  }).catch(async (error: unknown) => {
    await pool.end().catch(() => undefined)
    throw unavailable(error)
  })
  return {
    async stop() {
      await runner.stop()
      await pool.end()
    },
  }
}
