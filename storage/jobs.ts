import { Logger, parseCronItems, run, type Runner } from 'graphile-worker'
import pg from 'pg'
import { describeError, type Log } from '#system'
import { target } from './database/connect.ts'

/** Background work. Idempotent: a job killed in the middle runs again. Returns counts for the log. */
export interface Job {
  name: string
  /** When to run, as in crontab(5). */
  cron: string
  run(): Promise<Record<string, number>>
}

/** The library's own log may quote statements. */
const silent = new Logger(() => () => undefined)

/** Works the jobs until stopped. Several processes may: each job runs in one of them. */
export async function startJobs(url: string, jobs: Job[], log: Log): Promise<{ stop(): Promise<void> }> {
  const pool = new pg.Pool({ ...target(url), max: 4, application_name: 'zegel jobs' })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
  const runner: Runner = await run({
    pgPool: pool,
    concurrency: 2,
    noHandleSignals: true,
    pollInterval: 2000,
    logger: silent,
    taskList: Object.fromEntries(
      jobs.map((job) => [
        job.name,
        async () => {
          try {
            log.info({ job: job.name, ...(await job.run()) }, 'job done')
          } catch (error) {
            log.error({ job: job.name, err: error }, 'job failed, it will be tried again')
            // The library stores what is thrown: only the kind of error goes there.
            throw new Error(JSON.stringify(describeError(error)['name']))
          }
        },
      ]),
    ),
    parsedCronItems: parseCronItems(
      jobs.map((job) => ({ task: job.name, match: job.cron, options: { backfillPeriod: 0 } })),
    ),
  })
  return {
    async stop() {
      await runner.stop()
      await pool.end()
    },
  }
}
