import { Refusal, type Config } from '#system'
import type { OpenAccount, Sql, Storage } from '#storage'
import { addressesOf } from '../directory/addresses.ts'
import { checkCode, createCode, findCode, useCode } from '../codes/codes.ts'
import { countCode } from '../limits/mail.ts'
import { changePassword } from '../passwords/change.ts'
import { refuseWeakPassword } from '../passwords/new.ts'
import { confirmPassword } from '../signin/own.ts'
import { isStopped } from '../suspension/stop.ts'
import { readExternal } from '../sign-up/external.ts'
import { findRecovery, writeRecovery } from './address.ts'

/** Whoever has stolen an account must not move its way back in. @throws Refusal 'forbidden' */
async function refuseStopped(sql: Sql, accountId: number): Promise<void> {
  if (await isStopped(sql, accountId)) throw new Refusal('forbidden')
}

const tokenOf = (account: OpenAccount): string => String(account.id)

/**
 * Begins a change of the address outside; the code goes to the new one.
 * @returns what to mail, and how long it is good for
 * @throws Refusal 'badCredentials', 'tooManyAttempts', 'invalid' as readExternal; 'forbidden' while its sending is stopped
 */
export async function requestRecovery(
  storage: Storage,
  settings: Config['signUp'],
  account: OpenAccount,
  { address, password }: { address: string; password: string },
): Promise<{ code: string; to: string; endsAt: Date }> {
  await confirmPassword(storage, account.id, password)
  await refuseStopped(storage.database.sql, account.id)
  const to = await readExternal(storage, settings, address)
  await countCode(storage, 'recovery', to, `account ${account.id}`)
  const token = tokenOf(account)
  const { code } = await createCode(storage, 'recovery', { address: to }, { minutes: settings.codeMinutes, token })
  return { code, to, endsAt: (await findCode(storage, 'recovery', token)).codeEndsAt }
}

/** The address that waits for its code; undefined when none does. */
export async function pendingRecovery(storage: Storage, account: OpenAccount): Promise<string | undefined> {
  const found = await findCode(storage, 'recovery', tokenOf(account)).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'notFound') return undefined
    throw error
  })
  return found?.content.address
}

/**
 * Ends a change with the code.
 * @param announce  prepares what tells of it, to be written in the same transaction
 * @throws Refusal as checkCode; 'tooManyItems' when five accounts have that address; 'forbidden'
 *   while the account's sending is stopped
 */
export async function confirmRecovery(
  storage: Storage,
  account: OpenAccount,
  code: string,
  announce: (change: { before: string | undefined; after: string }) => Promise<(sql: Sql) => Promise<unknown>>,
): Promise<void> {
  const { address: after } = await checkCode(storage, 'recovery', tokenOf(account), code)
  const [directory, recovery] = await Promise.all([
    storage.keys.serviceKey('directory'),
    findRecovery(storage, account.id),
  ])
  const tell = await announce({ before: recovery?.address, after })
  await storage.database.transaction(async (sql) => {
    await refuseStopped(sql, account.id)
    await useCode(storage, sql, 'recovery', tokenOf(account))
    if (!(await writeRecovery(sql, directory, account.id, after))) throw new Refusal('tooManyItems')
    await tell(sql)
  })
}

/**
 * Changes the password of somebody who knows the present one. Every other session ends; app passwords stay.
 * @param announce  as for confirmRecovery
 * @throws Refusal 'badCredentials', 'tooManyAttempts', 'invalid' as refuseWeakPassword; 'notFound' when another one was set
 * meanwhile
 */
export async function changeOwnPassword(
  storage: Storage,
  account: OpenAccount,
  { current, next, keptSession }: { current: string; next: string; keptSession?: string | undefined },
  announce: () => Promise<(sql: Sql) => Promise<unknown>>,
): Promise<void> {
  const replaces = await confirmPassword(storage, account.id, current)
  refuseWeakPassword(next, await addressesOf(storage, account.id))
  const tell = await announce()
  await changePassword(storage, account.id, next, {
    replaces,
    byOwner: { keptSession },
    within: async (sql) => void (await tell(sql)),
  })
}
