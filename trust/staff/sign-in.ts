import { randomBytes } from 'node:crypto'
import {
  bareRecoveryCode,
  countAttempt,
  giveStep,
  readAssertion,
  readStep,
  requestOptions,
  rpIdOf,
  totpStep,
  tryStep,
  useStep,
  verifyAssertion,
  type RequestOptions,
} from '#accounts'
import { nowMs, Refusal } from '#system'
import type { Sql, Storage } from '#storage'
import { useStaffCode } from './codes.ts'
import { noteStaffEvent } from './events.ts'
import { loginKey } from './members.ts'
import { noteStaffPasskey, staffPasskeys } from './passkeys.ts'
import { passwordFits } from './password.ts'
import { openStaffSession } from './sessions.ts'

const ASKED = 'staff second factor'

/** From the right password to the second factor. */
const MINUTES = 10

interface HalfWay {
  id: number
  setAt: number
  network: string
  challenge: string
}

/** What attempts are counted under, as for people's accounts. */
export async function attemptsOf(
  storage: Storage,
  login: string,
  network: string,
): Promise<{ account: Buffer; network: Buffer }> {
  const [day, staff] = await Promise.all([storage.keys.dayKey(), storage.keys.serviceKey('staff')])
  const account = loginKey(staff, login).toString('base64url')
  return { account: day.hash(`staff\0${account}\0${network}`), network: day.hash(`staff network\0${network}`) }
}

/** What can be given as the second factor, beside a code from the app, which everybody has. */
export interface StaffFactorChoices {
  /** Goes with the form to its next step. */
  token: string
  /** What the browser is asked for; undefined without a passkey for this host. */
  passkey: RequestOptions | undefined
}

/**
 * Takes name and password; then a second factor is asked for, of everybody.
 * @param origin  of the page
 * @throws Refusal 'badCredentials', 'tooManyAttempts' with the seconds to wait
 */
export async function beginStaffSignIn(
  storage: Storage,
  { login, password, network, origin }: { login: string; password: string; network: string; origin: string },
): Promise<StaffFactorChoices> {
  const attempt = await countAttempt(storage, await attemptsOf(storage, login, network))
  const staff = await storage.keys.serviceKey('staff')
  const { rows } = await storage.database.sql<{ id: number; password: Buffer | null; setAt: Date | null }>`
    select staff_id as id, password, password_set_at as "setAt" from staff
    where login_key = ${loginKey(staff, login)} and ended_at is null`
  const [found] = rows
  if (!(await passwordFits(staff, found, password)) || found?.setAt == null) {
    if (found !== undefined) await noteStaffEvent(storage.database.sql, found.id, 'signInFailed')
    throw new Refusal('badCredentials')
  }
  await attempt.succeed()
  const challenge = randomBytes(32).toString('base64url')
  const content: HalfWay = { id: found.id, setAt: found.setAt.getTime(), network, challenge }
  const known = (await staffPasskeys(storage, found.id)).filter(({ rpId }) => rpId === rpIdOf(origin))
  return {
    token: await giveStep(storage, ASKED, content, MINUTES),
    passkey:
      known.length === 0 ? undefined : await requestOptions({ origin, challenge }, { known, mustVerifyUser: false }),
  }
}

/** A code from the app or a recovery code, or what the browser gave of a passkey. */
export type GivenFactor = { code: string } | { credential: string }

/**
 * Takes the second factor.
 * @returns the session's token
 * @throws Refusal 'badCredentials', 'tooManyAttempts', 'expired'
 */
export async function passStaffFactor(
  storage: Storage,
  token: string,
  given: GivenFactor,
  { network, origin }: { network: string; origin: string },
): Promise<string> {
  const halfWay = await readStep<HalfWay>(storage, ASKED, token)
  const { id, setAt, endsMs } = halfWay
  if (halfWay.network !== network) throw new Refusal('expired')
  await tryStep(storage, token)
  const day = await storage.keys.dayKey()
  // Whoever guesses knows the password: wherever they come from, they are counted together.
  const attempt = await countAttempt(storage, {
    account: day.hash(`staff factor\0${id}`),
    network: day.hash(`staff factor network\0${network}`),
  })
  const staff = await storage.keys.serviceKey('staff')
  try {
    const take =
      'code' in given ? await byCode(storage, id, given.code) : await byPasskey(storage, halfWay, given, origin)
    const session = await storage.database.transaction(async (sql) => {
      const { rowCount } = await sql`
        select from staff where staff_id = ${id} and password_set_at = ${new Date(setAt)} and ended_at is null for update`
      if (rowCount === 0) throw new Refusal('expired')
      await useStep(storage, sql, token, endsMs)
      await take(sql)
      return openStaffSession(sql, staff, id)
    })
    await attempt.succeed()
    return session
  } catch (error) {
    if (error instanceof Refusal && error.reason === 'badCredentials')
      await noteStaffEvent(storage.database.sql, id, 'signInFailed')
    throw error
  }
}

type Take = (sql: Sql) => Promise<void>

async function byCode(storage: Storage, id: number, typed: string): Promise<Take> {
  const staff = await storage.keys.serviceKey('staff')
  const bare = bareRecoveryCode(typed)
  if (bare !== undefined)
    return async (sql) => {
      if (!(await useStaffCode(sql, staff, id, bare))) throw new Refusal('badCredentials')
    }
  const { rows } = await storage.database.sql<{ sealed: Buffer; lastStep: number }>`
    select sealed, last_step as "lastStep" from staff_totp where staff_id = ${id}`
  const step =
    rows[0] &&
    totpStep(staff.open(`totp/${id}`, rows[0].sealed).toString(), typed, { atMs: nowMs(), lastStep: rows[0].lastStep })
  if (step === undefined) throw new Refusal('badCredentials')
  return async (sql) => {
    const { rowCount } = await sql`
      update staff_totp set last_step = ${step} where staff_id = ${id} and last_step < ${step}`
    if (rowCount === 0) throw new Refusal('badCredentials')
  }
}

async function byPasskey(
  storage: Storage,
  { id, challenge }: HalfWay,
  { credential }: { credential: string },
  origin: string,
): Promise<Take> {
  const assertion = readAssertion(credential)
  const passkey = (await staffPasskeys(storage, id)).find(({ credentialId }) => credentialId === assertion.id)
  if (passkey === undefined) throw new Refusal('badCredentials')
  const counter = await verifyAssertion({ origin, challenge }, assertion, { passkey, mustVerifyUser: false })
  const staff = await storage.keys.serviceKey('staff')
  return (sql) => noteStaffPasskey(sql, staff, passkey, counter)
}
