import { randomBytes } from 'node:crypto'
import { TOTP } from 'otpauth'
import {
  addTotp,
  beginTotp,
  confirmPassword,
  confirmRecovery,
  createAccount,
  createAppPassword,
  createDomain,
  isLocalDomain,
  requestRecovery,
  type NewAccount,
  type NewAppPassword,
} from '#accounts'
import { nowMs } from '#system'
import type { Storage, Transaction } from '#storage'

/** An account of a test, with what it signs in with. */
export interface Person {
  id: number
  address: string
  password: string
}

export const TEST_DOMAIN = 'zegel.test'

const nothing = async (): Promise<void> => undefined

/**
 * Makes an account at zegel.test, and the domain where it is missing.
 * @param choice  `name` is the local part; without one it is random
 */
export async function addPerson(
  storage: Storage,
  { name = `person-${randomBytes(6).toString('hex')}`, ...choice }: Partial<NewAccount> & { name?: string } = {},
  furnish: (tx: Transaction) => Promise<void> = nothing,
): Promise<Person> {
  if (!(await isLocalDomain(storage, TEST_DOMAIN))) await createDomain(storage, TEST_DOMAIN)
  const account = {
    address: `${name}@${TEST_DOMAIN}`,
    password: `pass-${randomBytes(9).toString('base64url')}`,
    ...choice,
  }
  const id = await createAccount(storage, account, furnish)
  return { id, address: account.address, password: account.password }
}

/** Gives an account its address outside, proven by the code that went there. */
export async function addRecovery(
  storage: Storage,
  { id, password }: Pick<Person, 'id' | 'password'>,
  address: string,
): Promise<void> {
  const account = await storage.openAccount(id)
  const settings = { isOpen: true, domains: [], codeMinutes: 15, proofWork: 1, disposableDomains: undefined }
  const { code } = await requestRecovery(storage, settings, account, { address, password })
  await confirmRecovery(storage, account, code, async () => async () => undefined)
}

/** Makes an app password for mail, or for what is chosen. */
export async function addAppPassword(
  storage: Storage,
  { id, password }: Pick<Person, 'id' | 'password'>,
  choice: Partial<NewAppPassword> = {},
): Promise<{ id: number; secret: string }> {
  const passwordSetAt = await confirmPassword(storage, id, password)
  const account = await storage.openAccount(id)
  const made = { name: 'Telefon', scopes: ['mail'], readOnly: false, passwordSetAt, ...choice }
  return createAppPassword(storage, account, made)
}

/** The code that an app with this secret shows now. */
export const appCode = (secret: string, ms = nowMs()): string => new TOTP({ secret }).generate({ timestamp: ms })

/**
 * Does something with the code of the step before, so that the present one is left to sign in with; once more when that step went out
 * of date on the way.
 */
export async function withEarlierCode<Done>(secret: string, use: (code: string) => Promise<Done>): Promise<Done> {
  const stepOf = (): number => Math.floor(nowMs() / 30_000)
  for (;;) {
    const step = stepOf()
    try {
      return await use(appCode(secret, nowMs() - 30_000))
    } catch (error) {
      if (stepOf() === step) throw error
    }
  }
}

/** Switches codes from an app on. The code of the present step is left to sign in with. */
export async function addAppCodes(
  storage: Storage,
  { id, password }: Pick<Person, 'id' | 'password'>,
  keptSession?: string,
): Promise<{ secret: string; recoveryCodes: string[] }> {
  const account = await storage.openAccount(id)
  const { secret, token } = await beginTotp(storage, account, { password, service: 'Zegel' })
  const { recoveryCodes } = await withEarlierCode(secret, (code) =>
    addTotp(storage, account, { token, code, keptSession }, async () => async () => undefined),
  )
  return { secret, recoveryCodes: recoveryCodes ?? [] }
}
