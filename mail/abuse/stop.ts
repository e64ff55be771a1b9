import { accountLetter, addressesOf, findRecovery, readSettings, stopAccount } from '#accounts'
import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import type { OpenAccount, Storage } from '#storage'
import type { Config } from '#system'
import type { SignalName } from './signals.ts'

/** Stops an account's sending and tells its owner, outside and in the account itself, what happened and how to go on. */
export async function stopSending(
  storage: Storage,
  { hostname }: Pick<Config, 'hostname'>,
  account: OpenAccount,
  signals: readonly SignalName[],
): Promise<void> {
  const [[address = ''], recovery, { language }] = await Promise.all([
    addressesOf(storage, account.id),
    findRecovery(storage, account.id),
    readSettings(account),
  ])
  const values = { host: hostname, address, why: signals }
  const words = accountLetter({ kind: 'sendingStopped', language, values })
  const letters = await Promise.all(
    [recovery?.address, address].flatMap((to) =>
      to === undefined ? [] : prepareOwnLetter(storage, { to, language, ...words }),
    ),
  )
  const isNews = await stopAccount(storage, account.id, signals, async (sql) => {
    for (const letter of letters) await enqueue(sql, letter)
  })
  if (isNews) wakeQueue(storage)
}
