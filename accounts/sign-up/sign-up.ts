import { numbersInForce, recordConsent, refuseOldVersions, type Versions } from '#policy'
import { Refusal, type Config } from '#system'
import type { Storage, Transaction } from '#storage'
import { checkCode, createCode, findCode, renewCode, tryProven, useCode, type CodeState } from '../codes/codes.ts'
import type { Contents } from '../codes/contents.ts'
import { createAccount } from '../create.ts'
import { operatedDomains } from '../directory/domains.ts'
import { countCode } from '../limits/mail.ts'
import { refuseWeakPassword } from '../passwords/new.ts'
import { writeRecovery } from '../recovery/address.ts'
import type { Settings } from '../settings.ts'
import { readExternal } from './external.ts'
import { readName } from './names.ts'

/** A code, to be mailed to `to` by the caller, and the token that the form carries to its next step. */
export interface CodeToMail {
  token: string
  code: string
  to: string
  language: Settings['language']
}

type SignUpSettings = Config['signUp']

/**
 * The first step: an address outside. Nothing is said about whether it is known here.
 * @throws Refusal 'invalid' as readExternal; 'tooManyAttempts' for today
 */
export async function beginSignUp(
  storage: Storage,
  settings: SignUpSettings,
  { external, network, language }: { external: string; network: string; language: Settings['language'] },
): Promise<CodeToMail> {
  const to = await readExternal(storage, settings, external)
  await countCode(storage, 'signUp', to, network)
  const content = { external: to, language }
  return { ...(await createCode(storage, 'signUp', content, { minutes: settings.codeMinutes })), to, language }
}

/** Another code for the same sign-up. @throws Refusal as renewCode, and 'tooManyAttempts' for today */
export async function resendSignUpCode(
  storage: Storage,
  settings: SignUpSettings,
  { token, network }: { token: string; network: string },
): Promise<Omit<CodeToMail, 'token'>> {
  await countCode(storage, 'signUp', (await findSignUp(storage, token)).content.external, network)
  const { code, content } = await renewCode(storage, 'signUp', token, settings.codeMinutes)
  return { code, to: content.external, language: content.language }
}

/** Where a sign-up stands. @throws Refusal 'notFound' */
export const findSignUp = (storage: Storage, token: string): Promise<CodeState<Contents['signUp']>> =>
  findCode(storage, 'signUp', token)

/** The second step: the code. @throws Refusal as checkCode */
export const proveSignUp = (storage: Storage, token: string, code: string): Promise<Contents['signUp']> =>
  checkCode(storage, 'signUp', token, code)

/** The domains in which a stranger may have an address. */
export async function signUpDomains(storage: Storage, { domains }: SignUpSettings): Promise<string[]> {
  const served = (await operatedDomains(storage)).map(({ domain }) => domain)
  return domains.length === 0 ? served : served.filter((domain) => domains.includes(domain))
}

export interface NewPerson {
  /** What stands before the "@". */
  name: string
  domain: string
  password: string
  language: Settings['language']
  /** The versions of policy and terms that were shown and agreed to; undefined where they were not. */
  agreed: Versions | undefined
}

/**
 * The third step: makes the account. Whether an address is taken is said only here, to whoever has proven an address of
 * their own, and twenty times.
 * @param furnish  what belongs to a new account, such as folders
 * @throws Refusal 'notFound' without a proven code; 'tooManyAttempts'; 'invalid' with every field at fault: `name.…`,
 * `password.…`, `consent.missing`, `consent.changed`; 'addressTaken'; 'domainUnknown'; 'tooManyItems' when five accounts
 * have the same address outside
 */
export async function finishSignUp(
  storage: Storage,
  settings: SignUpSettings,
  token: string,
  person: NewPerson,
  furnish: (tx: Transaction) => Promise<void>,
): Promise<{ accountId: number; address: string }> {
  const { external } = await tryProven(storage, 'signUp', token)
  const fields: string[] = []
  const name = noting(fields, () => readName(person.name))
  const address = `${name ?? ''}@${person.domain}`
  noting(fields, () => refuseWeakPassword(person.password, [address, external]))
  const inForce = await numbersInForce(storage.database.sql)
  const agreed = noting(fields, () => refuseOldVersions(person.agreed, inForce))
  if (agreed === undefined || fields.length > 0) throw new Refusal('invalid', { fields })
  if (!(await signUpDomains(storage, settings)).includes(person.domain)) throw new Refusal('domainUnknown')

  const directory = await storage.keys.serviceKey('directory')
  const { password, language } = person
  const accountId = await createAccount(storage, { address, password, language, beginsSmall: true }, async (tx) => {
    await useCode(storage, tx.sql, 'signUp', token)
    if (!(await writeRecovery(tx.sql, directory, tx.account.id, external))) throw new Refusal('tooManyItems')
    await recordConsent(tx.sql, tx.account.id, agreed)
    await furnish(tx)
  })
  return { accountId, address }
}

/** Goes on after a fault in one field, so that all of them can be told together. */
function noting<T>(fields: string[], read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof Refusal) || error.reason !== 'invalid') throw error
    fields.push(...error.fields)
    return undefined
  }
}
