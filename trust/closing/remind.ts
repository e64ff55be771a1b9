import { dueReminders, noteReminder } from '#accounts'
import { wakeQueue } from '#mail/outbound'
import type { Storage } from '#storage'
import type { ClosingConfig } from './close.ts'
import { letterAbout } from './tell.ts'

/** Owners reminded in one run. */
const MOST = 500

/**
 * Reminds owners of closed accounts that the time to reopen them ends. That it was done is written with the letter: a crash
 * sends none twice, and none is left out.
 * @returns how many were reminded
 */
export async function remindClosed(storage: Storage, config: ClosingConfig): Promise<number> {
  let reminded = 0
  for (const due of await dueReminders(storage, config.closing.remindDays, MOST)) {
    const tell = await letterAbout(storage, config, due.accountId, 'closedReminder', { terms: due })
    const isNew = await storage.database.transaction(async (sql) => {
      if (!(await noteReminder(sql, due))) return false
      await tell(sql)
      return true
    })
    if (isNew) reminded++
  }
  if (reminded > 0) wakeQueue(storage)
  return reminded
}
