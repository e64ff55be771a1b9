import { indexBacklog } from '#items'
import { queueCondition, type QueueCondition } from '#mail/outbound'
import type { Config } from '#system'
import type { Database, Storage } from '#storage'
import { backupEvidence } from '#trust/backups'
import { readChecks } from './keep.ts'
import type { CheckResult } from './look.ts'

/** The whole service in numbers, whichever process is asked. */
export interface ServiceFigures {
  queue: QueueCondition
  jobs: { job: string; lastMs: number | null; failures: number; succeededAt: Date | null }[]
  /** By each rule of retention, ever. */
  erased: { rule: string; count: number }[]
  backups: { count: number; lastAt: Date | undefined; lastBytes: number | undefined }
  index: { accounts: number; changes: number }
  /** Contents: those in the database with the room they take there, and files as the last sweep has counted them. */
  blobs: { database: number; files: number | undefined }
  checks: CheckResult[]
}

export async function serviceFigures(
  { database }: Pick<Storage, 'database'>,
  config: Pick<Config, 'queue'>,
): Promise<ServiceFigures> {
  const [queue, index, evidence, checks, jobs, rest] = await Promise.all([
    queueCondition({ database }, config),
    indexBacklog({ database }),
    backupEvidence({ database }),
    readChecks({ database }),
    readJobs(database),
    readSizes(database),
  ])
  const { rows: erased } = await database.sql<{ rule: string; count: number }>`
    select rule, erased as count from erasure order by rule`
  return {
    queue,
    jobs,
    erased,
    backups: { count: evidence.backups, lastAt: evidence.lastBackupAt, lastBytes: rest.backup_bytes ?? undefined },
    index,
    blobs: { database: rest.in_database, files: rest.in_files ?? undefined },
    checks,
  }
}

async function readJobs({ sql }: Pick<Database, 'sql'>): Promise<ServiceFigures['jobs']> {
  const { rows } = await sql<{ job: string; duration_ms: number | null; failures: number; succeeded_at: Date | null }>`
    select job, duration_ms, failures, succeeded_at from job_run where is_scheduled order by job`
  return rows.map((row) => ({
    job: row.job,
    lastMs: row.duration_ms,
    failures: row.failures,
    succeededAt: row.succeeded_at,
  }))
}

async function readSizes({ sql }: Pick<Database, 'sql'>) {
  const { rows } = await sql<{ in_database: number; in_files: number | null; backup_bytes: number | null }>`
    select pg_total_relation_size('blob') as in_database,
      (select (counts ->> 'bytes')::bigint from job_run where job = 'sweep') as in_files,
      (select bytes from backup where finished_at is not null order by started_at desc limit 1) as backup_bytes`
  return rows[0] as (typeof rows)[number]
}
