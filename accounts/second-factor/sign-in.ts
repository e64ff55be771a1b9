import { Refusal } from '#system'
import type { ServiceKey, Sql, Storage } from '#storage'
import { requestOptions, rpIdOf, verifyAssertion, type Assertion, type RequestOptions } from '../factors/passkeys.ts'
import { bareRecoveryCode, recoveryCodeKey } from '../factors/recovery-codes.ts'
import { countAttempt, type AttemptKeys } from '../signin/attempts.ts'
import { countToday } from '../limits/daily.ts'
import { giveStep, readStep, tryStep, useStep } from '../steps/step.ts'
import { findPasskey, newChallenge, notePasskey, passkeysOf, userHandle, type KeptPasskey } from './passkeys.ts'
import { stepOfCode, takeTotpStep } from './totp.ts'

/** Wrong codes of one day after which the owner is told, once a day: whoever gives them knows the password. */
const TOLD_AFTER = 5

/** From the right password to the second factor. */
const MINUTES = 10

const ASKED = 'second factor'
const ALONE = 'passkey alone'

/** Who has given the right password, and what they want. Until the second factor has come nobody is signed in. */
export interface HalfWay {
  accountId: number
  passwordSetAt: Date
  /** From which the password came, by networkOf; the second factor has to come from there too. */
  network: string
  /** On a computer that is not one's own. */
  isShort: boolean
  /** A closed account is to be reopened. */
  reopens: boolean
  /** As it was typed. */
  address: string
}

interface Content extends Omit<HalfWay, 'passwordSetAt'> {
  setAt: number
  challenge: string
}

/** After the right password of an account that asks for more. @returns the token of the step */
export const beginFactor = (
  storage: Pick<Storage, 'keys'>,
  { passwordSetAt, ...halfWay }: HalfWay,
): Promise<string> => {
  const content: Content = { ...halfWay, setAt: passwordSetAt.getTime(), challenge: newChallenge() }
  return giveStep(storage, ASKED, content, MINUTES)
}

/** What can be given as the second factor. */
export interface FactorChoices {
  hasTotp: boolean
  /** What the browser is asked for; undefined without a passkey for this host. */
  passkey: RequestOptions | undefined
}

/** @throws Refusal 'expired' */
export async function factorChoices(
  storage: Storage,
  token: string,
  { network, origin }: { network: string; origin: string },
): Promise<FactorChoices> {
  const { accountId, challenge } = await readHalfWay(storage, token, network)
  const known = (await passkeysOf(storage, accountId)).filter(({ rpId }) => rpId === rpIdOf(origin))
  const { rowCount } = await storage.database.sql`select from totp where account_id = ${accountId}`
  return {
    hasTotp: rowCount > 0,
    passkey:
      known.length === 0 ? undefined : await requestOptions({ origin, challenge }, { known, mustVerifyUser: false }),
  }
}

/**
 * Takes a code from the app, or a recovery code. What is wrong looks the same.
 * @param announce  prepares what tells of a recovery code that is used, to be written in the same transaction
 * @throws Refusal 'badCredentials'; 'tooManyAttempts' with the seconds to wait; 'expired'
 */
export async function passWithCode(
  storage: Storage,
  token: string,
  { code, network }: { code: string; network: string },
  announce: (accountId: number) => Promise<(sql: Sql) => Promise<unknown>>,
): Promise<HalfWay> {
  const content = await readHalfWay(storage, token, network)
  const { accountId, endsMs } = content
  const bare = bareRecoveryCode(code)
  await tryStep(storage, token)
  const attempt = await countAttempt(
    storage,
    await factorKeys(storage, content, bare === undefined ? 'totp' : 'recovery'),
  )
  if (bare === undefined) {
    const step = await stepOfCode(storage, accountId, code)
    if (step === undefined) throw new Refusal('badCredentials')
    await storage.database.transaction(async (sql) => {
      await useStep(storage, sql, token, endsMs)
      await takeTotpStep(sql, accountId, step)
    })
  } else {
    const key = recoveryCodeKey(await storage.keys.serviceKey('credentials'), accountId, bare)
    const { rowCount } = await storage.database.sql`
      select from recovery_code where account_id = ${accountId} and code_key = ${key}`
    if (rowCount === 0) throw new Refusal('badCredentials')
    const tell = await announce(accountId)
    await storage.database.transaction(async (sql) => {
      await useStep(storage, sql, token, endsMs)
      const used = await sql`delete from recovery_code where account_id = ${accountId} and code_key = ${key}`
      if (used.rowCount === 0) throw new Refusal('badCredentials')
      await tell(sql)
    })
  }
  await attempt.succeed()
  return halfWayOf(content)
}

/**
 * Counts a wrong code of somebody who knows the password.
 * @returns whose account it is when its owner is to be told now
 */
export async function countWrongFactor(storage: Storage, token: string, network: string): Promise<number | undefined> {
  const { accountId } = await readHalfWay(storage, token, network)
  const isMore = await countedOut(storage, 'wrong second factor', accountId, TOLD_AFTER - 1)
  return isMore && !(await countedOut(storage, 'told of wrong second factors', accountId, 1)) ? accountId : undefined
}

async function countedOut(storage: Storage, what: string, accountId: number, most: number): Promise<boolean> {
  try {
    await countToday(storage, what, String(accountId), most)
    return false
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'tooManyAttempts') return true
    throw error
  }
}

/** Takes a passkey of the account. @throws Refusal as passWithCode */
export async function passWithPasskey(
  storage: Storage,
  token: string,
  { assertion, network, origin }: { assertion: Assertion; network: string; origin: string },
): Promise<HalfWay> {
  const content = await readHalfWay(storage, token, network)
  const { accountId, challenge, endsMs } = content
  await tryStep(storage, token)
  const attempt = await countAttempt(storage, await factorKeys(storage, content, 'passkey'))
  const passkey = await findPasskey(storage, assertion.id)
  if (passkey?.accountId !== accountId) throw new Refusal('badCredentials')
  await refuseOtherUser(storage, passkey, assertion)
  const counter = await verifyAssertion({ origin, challenge }, assertion, { passkey, mustVerifyUser: false })
  await storage.database.transaction(async (sql) => {
    await useStep(storage, sql, token, endsMs)
    await notePasskey(sql, passkey, counter)
  })
  await attempt.succeed()
  return halfWayOf(content)
}

/** What a browser is asked for by the page to sign in, before anybody is known. */
export async function beginPasskeySignIn(
  storage: Pick<Storage, 'keys'>,
  origin: string,
): Promise<{ options: RequestOptions; token: string }> {
  const challenge = newChallenge()
  const [options, token] = await Promise.all([
    requestOptions({ origin, challenge }, { mustVerifyUser: true }),
    giveStep(storage, ALONE, { challenge }, MINUTES),
  ])
  return { options, token }
}

/**
 * Signs somebody in by a passkey alone, which has made sure itself who they are.
 * @returns whose it is, and when the password was set that is theirs now
 * @throws Refusal 'badCredentials', also for a closed account; 'tooManyAttempts' with the seconds to wait; 'expired'
 */
export async function signInWithPasskey(
  storage: Storage,
  token: string,
  { assertion, network, origin }: { assertion: Assertion; network: string; origin: string },
): Promise<{ accountId: number; passwordSetAt: Date }> {
  const { challenge, endsMs } = await readStep<{ challenge: string }>(storage, ALONE, token)
  const day = await storage.keys.dayKey()
  const attempt = await countAttempt(storage, {
    account: day.hash(`passkey\0${assertion.id}\0${network}`),
    network: day.hash(`factor network\0${network}`),
  })
  const passkey = await findPasskey(storage, assertion.id)
  if (passkey === undefined) throw new Refusal('badCredentials')
  // Without it nothing says that the authenticator means this account (§7.2, step 6).
  if (assertion.response.userHandle == null) throw new Refusal('badCredentials')
  await refuseOtherUser(storage, passkey, assertion)
  const counter = await verifyAssertion({ origin, challenge }, assertion, { passkey, mustVerifyUser: true })
  const { accountId } = passkey
  const passwordSetAt = await storage.database.transaction(async (sql) => {
    const { rows } = await sql<{ setAt: Date }>`
      select changed_at as "setAt" from password join account using (account_id)
      where account_id = ${accountId} and state in ('open', 'suspended')`
    if (rows[0] === undefined) throw new Refusal('badCredentials')
    await useStep(storage, sql, token, endsMs)
    await notePasskey(sql, passkey, counter)
    return rows[0].setAt
  })
  await attempt.succeed()
  return { accountId, passwordSetAt }
}

async function readHalfWay(storage: Storage, token: string, network: string): Promise<Content & { endsMs: number }> {
  const content = await readStep<Content>(storage, ASKED, token)
  if (content.network !== network) throw new Refusal('expired')
  return content
}

const halfWayOf = ({ setAt, accountId, network, isShort, reopens, address }: Content): HalfWay => ({
  accountId,
  passwordSetAt: new Date(setAt),
  network,
  isShort,
  reopens,
  address,
})

/** An authenticator that says for whom it signs must mean this account. */
async function refuseOtherUser(storage: Storage, passkey: KeptPasskey, { response }: Assertion): Promise<void> {
  const credentials: ServiceKey = await storage.keys.serviceKey('credentials')
  if (response.userHandle != null && response.userHandle !== userHandle(credentials, passkey.accountId))
    throw new Refusal('badCredentials')
}

/**
 * Six digits are few: they are counted for the account wherever they come from, which only who knows its password can do. Its
 * owner is not locked out by that: recovery codes and passkeys are counted apart, by network.
 */
async function factorKeys(
  storage: Storage,
  { accountId, network }: Content,
  by: 'totp' | 'recovery' | 'passkey',
): Promise<AttemptKeys> {
  const day = await storage.keys.dayKey()
  const from = by === 'totp' ? '' : network
  return {
    account: day.hash(`factor\0${by}\0${accountId}\0${from}`),
    network: day.hash(`factor network\0${network}`),
  }
}
