import { resumeAccount } from '#accounts'
import type { Storage } from '#storage'
import { noteLock } from '#trust/legal'

/** Lets an account send again, whatever it was stopped for. @returns whether it was stopped */
export const resume = (storage: Storage, accountId: number): Promise<boolean> =>
  storage.database.transaction(async (sql) => {
    const { rowCount: suspended } = await sql`select from suspension where account_id = ${accountId} for update`
    const isResumed = await resumeAccount(sql, accountId)
    if (suspended > 0 && isResumed) await noteLock(storage, sql, 'reversed')
    return isResumed
  })
