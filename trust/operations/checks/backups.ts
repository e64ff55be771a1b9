import { backupEvidence, type BackupEvidence } from '#trust/backups'
import type { Config } from '#system'
import { secondsBetween, DAY_SECONDS, type Check, type Finding } from '../check.ts'

/** A drill comes every week, after a backup. */
const DRILL_DAYS = 15

/** Beyond two of its times, as it is asked once an hour whether it is time. */
const GRACE_SECONDS = 3 * 3600

export const backups: Check<'backups'> = {
  needs: 'database',
  async find({ database, config, at }) {
    const evidence = await backupEvidence({ database })
    const { rows } = await database.sql<{ bytes: number }>`
      select bytes from backup where finished_at is not null order by started_at desc limit 1`
    const { lastBackupAt, lastDrill } = evidence
    return [
      {
        subject: '',
        cause: causeOf(evidence, config, at),
        figures: {
          backups: evidence.backups,
          everyHours: config.backup.hours,
          lastAt: lastBackupAt?.toISOString() ?? null,
          ageSeconds: lastBackupAt === undefined ? null : secondsBetween(lastBackupAt, at),
          lastAddedBytes: rows[0]?.bytes ?? null,
          drillAt: lastDrill?.at.toISOString() ?? null,
          drilled: lastDrill?.objects ?? null,
          damaged: lastDrill?.damaged ?? null,
        },
      },
    ]
  },
}

function causeOf(
  { lastBackupAt, lastDrill }: BackupEvidence,
  { backup, trial }: Config,
  at: Date,
): Finding<'backups'>['cause'] {
  if (backup.target === undefined && backup.s3 === undefined) return trial ? 'notInTrial' : 'off'
  if (lastBackupAt === undefined) return 'none'
  if ((lastDrill?.damaged ?? 0) > 0) return 'damaged'
  if (secondsBetween(lastBackupAt, at) > 2 * backup.hours * 3600 + GRACE_SECONDS) return 'late'
  return lastDrill !== undefined && secondsBetween(lastDrill.at, at) > DRILL_DAYS * DAY_SECONDS ? 'drillLate' : 'fine'
}
