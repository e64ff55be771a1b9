/**
 * Backups: one moment of everything, sealed, incremental, for as many days as was promised; reading one back; and the drill
 * that tries whether it could be done.
 */
export { makeBackup, type BackupContext, type Made } from './backup.ts'
export { backUpWhenDue, backupJobs } from './jobs.ts'
export { isBackedUp } from './tables.ts'
export { backupEvidence, type BackupEvidence, type DrillResult } from './evidence.ts'
export { drill } from './drill.ts'
export { keepKeys, fetchKeys } from './keys.ts'
export { openTarget } from './target/open.ts'
export type { Target } from './target/target.ts'
export { restoreBackup, type Restored } from './restore.ts'
