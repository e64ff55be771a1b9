import {
  countAttempt,
  giveStep,
  newTotpSecret,
  NO_STEP,
  readStep,
  refuseWeakPassword,
  totpStep,
  totpUri,
  tryStep,
  useStep,
} from '#accounts'
import { now, nowMs, Refusal } from '#system'
import type { Storage } from '#storage'
import { writeStaffCodes } from './codes.ts'
import { noteStaffEvent } from './events.ts'
import { invitedBy, useInvitation } from './members.ts'
import { sealPassword } from './password.ts'
import { openStaffSession } from './sessions.ts'
import { attemptsOf } from './sign-in.ts'

const ENROL = 'staff enrolment'

/** Time to install an app. */
const MINUTES = 30

/** What is asked of people who see others' data, beside what every password must be. */
const LEAST_CHARACTERS = 12

/**
 * Begins with the code that the operator gave out, and a password of one's own. Nothing is kept before the app has shown a code.
 * @returns the secret of the app, and a token for the step after
 * @throws Refusal 'badCredentials', 'tooManyAttempts', 'invalid' with what is wrong with the password
 */
export async function beginEnrolment(
  storage: Storage,
  { login, code, password, network }: { login: string; code: string; password: string; network: string },
  service: string,
): Promise<{ secret: string; uri: string; token: string }> {
  const attempt = await countAttempt(storage, await attemptsOf(storage, login, network))
  const id = await invitedBy(storage, { login, code })
  if (id === undefined) throw new Refusal('badCredentials')
  await attempt.undo()
  if (Array.from(password).length < LEAST_CHARACTERS) throw new Refusal('invalid', { fields: ['password.short'] })
  refuseWeakPassword(password, [login])
  const staff = await storage.keys.serviceKey('staff')
  const secret = newTotpSecret()
  const sealed = (await sealPassword(staff, id, password)).toString('base64url')
  return {
    secret,
    uri: totpUri(secret, { issuer: `${service} desk`, label: login }),
    token: await giveStep(storage, ENROL, { id, sealed, secret }, MINUTES),
  }
}

export interface Enrolled {
  session: string
  /** Shown once. */
  recoveryCodes: string[]
}

/** Ends it with a code from the app. @throws Refusal 'badCredentials', 'expired' */
export async function finishEnrolment(
  storage: Storage,
  { token, code }: { token: string; code: string },
): Promise<Enrolled> {
  const { id, sealed, secret, endsMs } = await readStep<{ id: number; sealed: string; secret: string }>(
    storage,
    ENROL,
    token,
  )
  await tryStep(storage, token)
  const step = totpStep(secret, code, { atMs: nowMs(), lastStep: NO_STEP })
  if (step === undefined) throw new Refusal('badCredentials')
  const staff = await storage.keys.serviceKey('staff')
  return storage.database.transaction(async (sql) => {
    await useStep(storage, sql, token, endsMs)
    await useInvitation(sql, id)
    await sql`
      update staff set password = ${Buffer.from(sealed, 'base64url')}, password_set_at = ${now()} where staff_id = ${id}`
    await sql`
      insert into staff_totp (staff_id, sealed, last_step, created_at)
      values (${id}, ${staff.seal(`totp/${id}`, secret)}, ${step}, ${now()})`
    await noteStaffEvent(sql, id, 'enrolled')
    return { session: await openStaffSession(sql, staff, id), recoveryCodes: await writeStaffCodes(sql, staff, id) }
  })
}
