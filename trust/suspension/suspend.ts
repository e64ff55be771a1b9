import { suspendAccount, type SuspensionRule } from '#accounts'
import { wakeQueue } from '#mail/outbound'
import { letterAbout, type LetterSettings } from '#trust/closing'
import { noteLock } from '#trust/legal'
import type { Storage } from '#storage'

/** Suspends an account and tells its owner, inside and outside. @returns as suspendAccount */
export async function suspend(
  storage: Storage,
  config: LetterSettings,
  accountId: number,
  rule: SuspensionRule,
): Promise<boolean> {
  const tell = await letterAbout(storage, config, accountId, 'suspended', { isOpen: true, rule })
  const isSuspended = await suspendAccount(storage, accountId, rule, async (sql) => {
    await tell(sql)
    await noteLock(storage, sql, 'locked', rule)
  })
  wakeQueue(storage)
  return isSuspended
}
