import { randomBytes } from 'node:crypto'
import type { Page } from 'playwright-core'
import { STAFF_ROLES, type StaffRole } from '#policy'
import type { Config } from '#system'
import type { Storage } from '#storage'
import { addMember, AGREEMENT_VERSION, beginEnrolment, finishEnrolment, signAgreement } from '#trust/staff'
import { appCode, withEarlierCode } from './people.ts'

/** Somebody of the staff, with what they sign in with. */
export interface StaffMember {
  id: number
  login: string
  name: string
  password: string
  /** Of the app, in Base32. */
  secret: string
  /** Of a session that is open. */
  session: string
  recoveryCodes: string[]
}

/**
 * Makes somebody of the staff, as the operator and they themselves would: invited, with a password, codes from an app, and the
 * agreement signed.
 * @param choice  `hasSigned` false: not yet
 */
export async function addStaff(
  storage: Storage,
  config: Config,
  {
    roles = STAFF_ROLES,
    name = 'Ilse Vandenbroucke',
    hasSigned = true,
  }: { roles?: readonly StaffRole[]; name?: string; hasSigned?: boolean } = {},
): Promise<StaffMember> {
  const login = `staff-${randomBytes(5).toString('hex')}`
  const password = `pass-${randomBytes(9).toString('base64url')}`
  const { id, code } = await addMember(storage, { login, name, roles })
  const begun = await beginEnrolment(storage, { login, code, password, network: '127.0.0.0/24' }, config.hostname)
  const done = await withEarlierCode(begun.secret, (typed) =>
    finishEnrolment(storage, { token: begun.token, code: typed }),
  )
  if (hasSigned)
    await signAgreement(storage, config, id, { name, password, version: AGREEMENT_VERSION, language: 'en' })
  const { session, recoveryCodes } = done
  return { id, login, name, password, secret: begun.secret, session, recoveryCodes }
}

/** Signs in at the desk with a browser, in German. @param desk  such as `https://localhost:40001` */
export async function signInAtDesk(page: Page, desk: string, { login, password, secret }: StaffMember): Promise<void> {
  await page.goto(`${desk}/de/sign-in`)
  await page.getByLabel('Anmeldename').fill(login)
  await page.getByLabel('Kennwort').fill(password)
  await page.getByRole('button', { name: 'Weiter' }).click()
  await page.getByLabel(/^Code aus der App/).fill(appCode(secret))
  await page.getByRole('button', { name: 'Anmelden' }).click()
  await page.waitForURL((url) => !url.pathname.includes('/sign-in'))
}
