import { openExamination } from '#mail/examination'
import { openScanners } from '#mail/scanners'
import type { Inspection } from '#mail/submission'
import type { Config } from '#system'
import { silent } from './cluster.ts'
import type { Undo } from './database.ts'

/** What looks into letters, for a part that is started without the server. */
export function openTestInspection(t: Undo, config: Config): Inspection {
  const examination = openExamination(config, silent)
  t.after(() => examination.close())
  return { examination, scanners: openScanners(config, silent) }
}
