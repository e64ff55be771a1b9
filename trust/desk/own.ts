import { z } from 'zod'
import { Refusal, type Config } from '#system'
import type { Storage } from '#storage'
import {
  addStaffPasskey,
  agreementOf,
  agreementText,
  AGREEMENT_VERSION,
  beginEnrolment,
  beginStaffPasskey,
  beginStaffSignIn,
  endStaffSession,
  finishEnrolment,
  listStaffPasskeys,
  makeStaffCodes,
  passStaffFactor,
  removeStaffPasskey,
  signAgreement,
  type InStaffSession,
} from '#trust/staff'

type Parts = { storage: Storage; config: Config }
type Signed = Parts & { staff: InStaffSession; token: string }

const text = (most: number) => z.string().max(most)
const Place = { network: text(60), origin: text(300) }
const language = z.enum(['de', 'fr', 'nl', 'en'])

/** What is asked before an agreement counts. */
type Entry<With> = [name: string, run: (parts: With, given: unknown) => Promise<unknown>]

function entry<With, Given>(
  name: string,
  form: z.ZodType<Given>,
  run: (parts: With, given: Given) => Promise<unknown>,
): Entry<With> {
  return [
    name,
    (parts, given) => {
      const read = form.safeParse(given)
      if (!read.success) throw new Refusal('invalid', { fields: read.error.issues.map(({ path }) => path.join('.')) })
      return run(parts, read.data)
    },
  ]
}

/** By nobody yet: signing in, and setting a password by the operator's code. */
export const ENTRY = new Map([
  entry(
    'signIn.password',
    z.object({ login: text(100), password: text(2000), ...Place }),
    ({ storage }: Parts, given) => beginStaffSignIn(storage, given),
  ),
  entry(
    'signIn.factor',
    z.object({ token: text(8192), code: text(100).optional(), credential: text(32_000).optional(), ...Place }),
    async ({ storage }: Parts, { token, code = '', credential, ...place }) => ({
      session: await passStaffFactor(storage, token, credential === undefined ? { code } : { credential }, place),
    }),
  ),
  entry(
    'enrolment.begin',
    z.object({ login: text(100), code: text(100), password: text(2000), network: text(60) }),
    ({ storage, config }: Parts, given) => beginEnrolment(storage, given, config.hostname),
  ),
  entry('enrolment.finish', z.object({ token: text(8192), code: text(100) }), ({ storage }: Parts, given) =>
    finishEnrolment(storage, given),
  ),
])

/** By whoever is signed in, also without an agreement: what is their own. */
export const OWN = new Map([
  entry('signOut', z.object({}), async ({ storage, token }: Signed) => (await endStaffSession(storage, token), {})),
  entry('agreement.read', z.object({ language }), async ({ storage, staff }: Signed, given) => ({
    ...agreementText(given.language),
    version: AGREEMENT_VERSION,
    signed: await agreementOf(storage, staff.id),
  })),
  entry(
    'agreement.sign',
    z.object({ name: text(400), password: text(2000), version: z.number().int(), language }),
    ({ storage, config, staff }: Signed, given) => signAgreement(storage, config, staff.id, given),
  ),
  entry('own.read', z.object({}), async ({ storage, staff }: Signed) => ({
    id: staff.id,
    passkeys: await listStaffPasskeys(storage, staff.id),
    agreement: await agreementOf(storage, staff.id),
  })),
  entry('own.codes', z.object({}), async ({ storage, staff }: Signed) => ({
    recoveryCodes: await makeStaffCodes(storage, staff.id),
  })),
  entry('own.passkey.begin', z.object({ origin: text(300) }), ({ storage, config, staff }: Signed, { origin }) =>
    beginStaffPasskey(storage, staff, { origin, service: config.hostname }),
  ),
  entry(
    'own.passkey.add',
    z.object({ token: text(8192), name: text(400), credential: text(64_000) }),
    async ({ storage, staff }: Signed, { token, name, credential }) => {
      let parsed: unknown
      try {
        parsed = JSON.parse(credential)
      } catch {
        throw new Refusal('badCredentials')
      }
      await addStaffPasskey(storage, staff.id, { token, name, credential: parsed })
      return {}
    },
  ),
  entry('own.passkey.remove', z.object({ id: z.number().int() }), async ({ storage, staff }: Signed, { id }) => {
    await removeStaffPasskey(storage, staff.id, id)
    return {}
  }),
])
