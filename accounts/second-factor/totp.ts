import { now, nowMs, Refusal } from '#system'
import type { OpenAccount, ServiceKey, Sql, Storage } from '#storage'
import { addressesOf } from '../directory/addresses.ts'
import { newTotpSecret, NO_STEP, totpStep, totpUri } from '../factors/totp.ts'
import { confirmPassword } from '../signin/own.ts'
import { giveStep, readStep, useStep } from '../steps/step.ts'
import { changeFactors, type Announce, type Changed } from './change.ts'

/** From asking for the password to the first code: time to find the telephone and to install an app. */
const MINUTES = 30

const NEW = 'new totp'

interface NewTotp {
  secret: string
  setAt: number
}

const placeOf = (accountId: number): string => `totp/${accountId}`

const openTotp = (credentials: ServiceKey, accountId: number, sealed: Uint8Array): string =>
  credentials.open(placeOf(accountId), sealed).toString()

/**
 * Begins codes from an app, for whoever knows the password. Nothing is kept before the first code has come.
 * @returns the secret in Base32, the same as an app reads it, and a token for the step after
 * @throws Refusal as confirmPassword; 'exists' when there is one already
 */
export async function beginTotp(
  storage: Storage,
  account: OpenAccount,
  { password, service }: { password: string; service: string },
): Promise<{ secret: string; uri: string; token: string }> {
  const setAt = await confirmPassword(storage, account.id, password)
  const { rowCount } = await storage.database.sql`select from totp where account_id = ${account.id}`
  if (rowCount > 0) throw new Refusal('exists')
  const secret = newTotpSecret()
  const [label = ''] = await addressesOf(storage, account.id)
  const content: NewTotp = { secret, setAt: setAt.getTime() }
  return {
    secret,
    uri: totpUri(secret, { issuer: service, label }),
    token: await giveStep(storage, `${NEW} ${account.id}`, content, MINUTES),
  }
}

/**
 * Ends it with a code, by which the app has shown that it knows the secret.
 * @throws Refusal 'expired'; 'badCredentials' when the code is wrong; 'exists'
 */
export async function addTotp(
  storage: Storage,
  account: OpenAccount,
  { token, code, keptSession }: { token: string; code: string; keptSession?: string | undefined },
  announce: Announce,
): Promise<Changed> {
  const { secret, setAt, endsMs } = await readStep<NewTotp>(storage, `${NEW} ${account.id}`, token)
  const step = totpStep(secret, code, { atMs: nowMs(), lastStep: NO_STEP })
  if (step === undefined) throw new Refusal('badCredentials')
  const credentials = await storage.keys.serviceKey('credentials')
  return changeFactors(
    storage,
    account.id,
    { passwordSetAt: new Date(setAt), keptSession, change: 'totpAdded', announce },
    async (sql) => {
      await useStep(storage, sql, token, endsMs)
      const { rowCount } = await sql`
        insert into totp (account_id, sealed, created_at, last_step)
        values (${account.id}, ${credentials.seal(placeOf(account.id), secret)}, ${now()}, ${step})
        on conflict do nothing`
      if (rowCount === 0) throw new Refusal('exists')
    },
  )
}

/** @throws Refusal as confirmPassword; 'notFound' */
export async function removeTotp(
  storage: Storage,
  account: OpenAccount,
  { password, keptSession }: { password: string; keptSession?: string | undefined },
  announce: Announce,
): Promise<void> {
  const passwordSetAt = await confirmPassword(storage, account.id, password)
  await changeFactors(
    storage,
    account.id,
    { passwordSetAt, keptSession, change: 'totpRemoved', announce },
    async (sql) => {
      const { rowCount } = await sql`delete from totp where account_id = ${account.id}`
      if (rowCount === 0) throw new Refusal('notFound')
    },
  )
}

/** Which step of an account's app a code belongs to; undefined when it is none, or that step or a later one was taken. */
export async function stepOfCode(storage: Storage, accountId: number, typed: string): Promise<number | undefined> {
  const { rows } = await storage.database.sql<{ sealed: Buffer; last_step: number }>`
    select sealed, last_step from totp where account_id = ${accountId}`
  const [row] = rows
  if (row === undefined) return undefined
  const credentials = await storage.keys.serviceKey('credentials')
  const secret = openTotp(credentials, accountId, row.sealed)
  return totpStep(secret, typed, { atMs: nowMs(), lastStep: row.last_step })
}

/** Takes a step, once, in the transaction of what it opens. @throws Refusal 'badCredentials' when somebody was faster */
export async function takeTotpStep(sql: Sql, accountId: number, step: number): Promise<void> {
  const { rowCount } = await sql`
    update totp set last_step = ${step} where account_id = ${accountId} and last_step < ${step}`
  if (rowCount === 0) throw new Refusal('badCredentials')
}
