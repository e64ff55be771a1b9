import { accountLetter, addressesOf, readSettings, type AccountLetter, type FactorChange } from '#accounts'
import { enqueue, prepareOwnLetter } from '#mail/outbound'
import type { OpenAccount, Sql } from '#storage'
import type { JmapContext } from '../context.ts'

/**
 * Prepares letters that tell a person what has happened to their account, in the language of the account: one to its own
 * inbox, and one to each of `others`.
 * @returns what writes them to the queue, in the transaction of what they tell; `wakeQueue` comes after it
 */
export async function noticeOf(
  { storage, config }: JmapContext,
  account: OpenAccount,
  kind: AccountLetter['kind'],
  { others = [], recovery, what }: { others?: readonly string[]; recovery?: string; what?: FactorChange } = {},
): Promise<(sql: Sql) => Promise<void>> {
  const [{ language }, [address = '']] = await Promise.all([readSettings(account), addressesOf(storage, account.id)])
  const values = {
    host: config.hostname,
    address,
    ...(recovery === undefined ? {} : { recovery }),
    ...(what === undefined ? {} : { what }),
  }
  const words = accountLetter({ kind, language, values })
  const letters = await Promise.all(
    [address, ...others].map((to) => prepareOwnLetter(storage, { to, language, ...words })),
  )
  return async (sql) => {
    for (const letter of letters) await enqueue(sql, letter)
  }
}
