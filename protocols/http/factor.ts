import {
  accountLetter,
  addressesOf,
  beginFactor,
  beginReopening,
  countWrongFactor,
  factorChoices,
  findRecovery,
  networkOf,
  passWithCode,
  passWithPasskey,
  readAssertion,
  readSettings,
  type HalfWay,
  type SignedIn,
} from '#accounts'
import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import type { WireContext } from '#protocols/jmap'
import type { Sql } from '#storage'
import { Refusal, type Config } from '#system'
import { faultsOf, takeStep, type FactorView, type FormPage, type Language, type Step } from './forms.ts'
import { openCookieSession, type SessionParts } from './session-cookie.ts'

/** Shows one form of the public pages as the answer to another. */
export type ShowForm = (
  c: WireContext,
  language: Language,
  form: Record<string, string>,
) => Response | Promise<Response>

/** The form that asks for the second factor, for somebody who has just given the right password. */
export async function factorStep(
  { storage, arrivals }: Pick<SessionParts, 'storage' | 'arrivals'>,
  c: WireContext,
  { accountId, passwordSetAt }: SignedIn,
  wishes: Pick<HalfWay, 'isShort' | 'reopens' | 'address'>,
): Promise<Record<string, string>> {
  const network = networkOf(arrivals.of(c.env.incoming).client)
  const token = await beginFactor(storage, { accountId, passwordSetAt, network, ...wishes })
  return { step: 'begin', token }
}

const FAULTS = { badCredentials: 'factor.wrong', tooManyAttempts: 'factor.attempts' } as const

/**
 * The second factor: a code from an app or a recovery code, which need no script, or a passkey. Then somebody is signed in, or goes
 * on to reopen their account. A step that is over, or that was given elsewhere, begins again with the password.
 */
export function factorForm(
  parts: SessionParts & { config: Config },
  showReopening: ShowForm,
): Pick<FormPage<FactorView>, 'take'> {
  const { storage, arrivals, config } = parts

  const place = (c: WireContext): { network: string; origin: string } => {
    const { client, origin } = arrivals.of(c.env.incoming)
    return { network: networkOf(client), origin }
  }

  const view = async (
    c: WireContext,
    token: string,
    faults: readonly string[],
    waitSeconds?: number,
  ): Promise<FactorView> => ({
    token,
    ...(await factorChoices(storage, token, place(c))),
    faults,
    waitSeconds,
  })

  /** Told on every channel there is: whoever has the codes may be somebody else. */
  const letterTo = async (
    accountId: number,
    kind: 'recoveryCodeUsed' | 'factorGuessed',
  ): Promise<(sql: Sql) => Promise<void>> => {
    const account = await storage.openAccount(accountId)
    const [{ language }, [address = ''], recovery] = await Promise.all([
      readSettings(account),
      addressesOf(storage, accountId),
      findRecovery(storage, accountId),
    ])
    const words = accountLetter({ kind, language, values: { host: config.hostname, address } })
    const to = recovery === undefined ? [address] : [address, recovery.address]
    const letters = await Promise.all(to.map((each) => prepareOwnLetter(storage, { to: each, language, ...words })))
    return async (sql) => {
      for (const letter of letters) await enqueue(sql, letter)
    }
  }

  const tellCodeUsed = (accountId: number): ReturnType<typeof letterTo> => letterTo(accountId, 'recoveryCodeUsed')

  const noteWrong = async (token: string, network: string): Promise<void> => {
    const accountId = await countWrongFactor(storage, token, network)
    if (accountId === undefined) return
    const tell = await letterTo(accountId, 'factorGuessed')
    await storage.database.transaction(tell)
    wakeQueue(storage)
  }

  const goOn = async (c: WireContext, language: Language, passed: HalfWay): Promise<Response> => {
    const { accountId, passwordSetAt, isShort, reopens } = passed
    if (reopens) return showReopening(c, language, { step: 'proven', factor: await beginReopening(storage, passed) })
    await openCookieSession(parts, c, { accountId, passwordSetAt, isShort, hasFactor: true })
    return c.redirect('/app/', 303)
  }

  /** @param pass  throws for what does not fit */
  const attempt = async (
    c: WireContext,
    language: Language,
    token: string,
    pass: () => Promise<HalfWay>,
    faults: Parameters<typeof faultsOf>[1],
  ): Promise<FactorView | Response> => {
    let passed: HalfWay
    try {
      passed = await pass()
    } catch (error) {
      if (error instanceof Refusal && error.reason === 'expired') throw error
      const shown = faultsOf(error, faults)
      if (error instanceof Refusal && error.reason === 'badCredentials') await noteWrong(token, place(c).network)
      return view(c, token, shown, (error as Refusal).retryAfterSeconds)
    }
    wakeQueue(storage)
    return goOn(c, language, passed)
  }

  const steps: Record<string, Step<FactorView>> = {
    begin: (c, field) => view(c, field('token'), []),

    async code(c, field, language) {
      const [token, code] = [field('token'), field('code').trim() || field('recovery')]
      const { network } = place(c)
      return attempt(c, language, token, () => passWithCode(storage, token, { code, network }, tellCodeUsed), FAULTS)
    },

    async passkey(c, field, language) {
      const token = field('token')
      const pass = async (): Promise<HalfWay> =>
        passWithPasskey(storage, token, { assertion: readAssertion(field('credential')), ...place(c) })
      return attempt(c, language, token, pass, { ...FAULTS, badCredentials: 'passkey.wrong' })
    },
  }

  return {
    async take(c, language) {
      const again = (error: string): Response => c.redirect(`/${language}/sign-in?error=${error}`, 303)
      try {
        return (await takeStep<FactorView | undefined>(c, language, steps, async () => undefined)) ?? again('expired')
      } catch (error) {
        if (error instanceof Refusal && error.reason === 'expired') return again('expired')
        // The password was replaced meanwhile.
        if (error instanceof Refusal && error.reason === 'badCredentials') return again('credentials')
        throw error
      }
    },
  }
}
