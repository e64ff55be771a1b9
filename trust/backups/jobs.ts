import { nowMs } from '#system'
import type { Job } from '#storage'
import { makeBackup, type BackupContext } from './backup.ts'
import { drill } from './drill.ts'
import { sweepObjects } from './end.ts'

const HOUR_MS = 3_600_000
const DRILL_MS = 7 * 24 * HOUR_MS

/** Asked once an hour whether it is time: a little early rather than an hour late. */
const EARLY_MS = HOUR_MS / 2

/** Backups by themselves, and every week a drill after one. */
export const backupJobs = (context: BackupContext): Job[] => [
  { name: 'backup', cron: '17 * * * *', run: () => backUpWhenDue(context) },
]

/** Makes a backup when the last whole one is old enough, and after it whatever is due once a week. */
export async function backUpWhenDue(context: BackupContext): Promise<Record<string, number>> {
  const { storage, config } = context
  const { rows } = await storage.database.sql<{ made: Date | null; drilled: Date | null }>`
    select (select max(started_at) from backup where finished_at is not null) as made,
      (select max(at) from backup_drill) as drilled`
  const { made: madeAt, drilled: drilledAt } = rows[0] as (typeof rows)[number]
  const isDue = (last: Date | null, everyMs: number): boolean =>
    last === null || last.getTime() + everyMs - EARLY_MS <= nowMs()
  if (!isDue(madeAt, config.backup.hours * HOUR_MS)) return {}
  const { objects, bytes, changed, ended } = await makeBackup(context)
  const done = { objects, bytes, changed, ended }
  if (!isDue(drilledAt, DRILL_MS)) return done
  const swept = await sweepObjects(context)
  const drilled = await drill(context)
  return { ...done, swept, drilled: drilled?.objects ?? 0, damaged: drilled?.damaged ?? 0 }
}
