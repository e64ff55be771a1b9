import type { Storage } from '#storage'

/** What can be said of the backups of a service: times and numbers, for everybody to see. */
export interface BackupEvidence {
  /** When the newest backup was made that is whole; undefined when there is none. */
  lastBackupAt: Date | undefined
  /** When the oldest one was made that still exists. */
  oldestBackupAt: Date | undefined
  /** How many exist. */
  backups: number
  /** How many have ended, their keys destroyed. */
  ended: number
  /** When the last attempt began that failed, where none has succeeded since. */
  failedAt: Date | undefined
  lastDrill: DrillResult | undefined
}

/** What a drill found. */
export interface DrillResult {
  at: Date
  /** Objects that were fetched and compared with what was written, and their bytes. */
  objects: number
  bytes: number
  /** Accounts whose rows were counted. */
  accounts: number
  /** How many of both were not as they should be. */
  damaged: number
}

export async function backupEvidence({ database }: Pick<Storage, 'database'>): Promise<BackupEvidence> {
  const { rows } = await database.sql<{ last: Date | null; oldest: Date | null; living: number; ended: number }>`
    select max(started_at) filter (where removed_at is null) as last, min(started_at) filter (where removed_at is null) as oldest,
      count(*) filter (where removed_at is null) as living, count(*) filter (where removed_at is not null) as ended
    from backup where finished_at is not null`
  // What failed was removed; what is under way, or was killed, is not yet.
  const { rows: failures } = await database.sql<{ at: Date | null }>`
    select max(started_at) as at from backup where finished_at is null and removed_at is not null
      and started_at > coalesce((select max(started_at) from backup where finished_at is not null), '-infinity')`
  const { rows: drills } = await database.sql<DrillResult>`
    select at, objects, bytes, accounts, damaged from backup_drill order by at desc limit 1`
  const { last, oldest, living, ended } = rows[0] as (typeof rows)[number]
  return {
    lastBackupAt: last ?? undefined,
    oldestBackupAt: oldest ?? undefined,
    backups: living,
    ended,
    failedAt: failures[0]?.at ?? undefined,
    lastDrill: drills[0],
  }
}
