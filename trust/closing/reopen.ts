import { reopenAccount } from '#accounts'
import { wakeQueue } from '#mail/outbound'
import type { Sql, Storage } from '#storage'
import { letterAbout, type LetterSettings } from './tell.ts'

/**
 * Reopens a closed account and tells of it, inside and outside.
 * @param within  what else belongs to it, such as consent
 * @throws Refusal as reopenAccount
 */
export async function reopen(
  storage: Storage,
  config: LetterSettings,
  accountId: number,
  { passwordSetAt, within }: { passwordSetAt?: Date; within?: (sql: Sql) => Promise<void> } = {},
): Promise<void> {
  const tell = await letterAbout(storage, config, accountId, 'reopened', { isOpen: true })
  await reopenAccount(storage, accountId, { passwordSetAt }, async (sql) => {
    await within?.(sql)
    await tell(sql)
  })
  wakeQueue(storage)
}
