import {
  accountLetter,
  beginSignUp,
  findSignUp,
  finishSignUp,
  networkOf,
  proveSignUp,
  resendSignUpCode,
  signUpDomains,
  spendChallenge,
  type CodeToMail,
} from '#accounts'
import { createStandardMailboxes } from '#mail'
import { numbersInForce } from '#policy'
import { sendOwnLetter } from '#mail/outbound'
import type { WireContext } from '#protocols/jmap'
import { nowMs, Refusal, type Config } from '#system'
import {
  addressStepOf,
  CODE_FAULTS,
  faultsOf,
  minutesUntil,
  takeStep,
  type FormPage,
  type Language,
  type SignUpView,
  type Step,
} from './forms.ts'
import { openCookieSession, signInEntry, type SessionParts } from './session-cookie.ts'

const PURPOSE = 'sign-up'
const LANGUAGES: readonly string[] = ['de', 'fr', 'nl', 'en'] satisfies Language[]

/**
 * Sign-up in three steps: an address outside, the code that was mailed to it, the new account. What was entered waits
 * sealed under a token that the form carries: no address stands in a URL, and no cookie is set before somebody is
 * signed in.
 */
export function signUpForm(parts: SessionParts & { config: Config }): FormPage<SignUpView> {
  const { storage, arrivals, config } = parts
  const settings = config.signUp
  const network = (c: WireContext): string => networkOf(arrivals.of(c.env.incoming).client)
  /** Without a domain to have an address in, nobody has to prove one first. */
  const isOpen = async (): Promise<boolean> => settings.isOpen && (await signUpDomains(storage, settings)).length > 0

  const mail = async ({ to, code, language }: Omit<CodeToMail, 'token'>): Promise<void> => {
    const values = { host: config.hostname, code, minutes: settings.codeMinutes }
    await sendOwnLetter(storage, { to, language, ...accountLetter({ kind: 'signUp', language, values }) })
  }

  const addressStep = addressStepOf(storage, PURPOSE, settings.proofWork)

  const codeStep = async (token: string, faults: readonly string[]): Promise<SignUpView> => {
    const { content, codesLeft, codeEndsAt } = await findSignUp(storage, token)
    const minutesLeft = minutesUntil(codeEndsAt, nowMs())
    return { step: 'code', token, to: content.external, codesLeft, minutesLeft, faults }
  }

  const accountStep = async (
    token: string,
    typed: { name: string; domain: string; language: Language },
    faults: readonly string[],
  ): Promise<SignUpView> => {
    const { content, isProven } = await findSignUp(storage, token)
    if (!isProven) throw new Refusal('notFound')
    const domains = await signUpDomains(storage, settings)
    const versions = await numbersInForce(storage.database.sql)
    return { step: 'account', token, external: content.external, domains, typed, versions, faults }
  }

  const steps: Record<string, Step<SignUpView>> = {
    async address(c, field, language) {
      const typed = field('external')
      try {
        await spendChallenge(storage, PURPOSE, field('proof'))
        const begun = await beginSignUp(storage, settings, { external: typed, network: network(c), language })
        await mail(begun)
        return await codeStep(begun.token, [])
      } catch (error) {
        const faults = faultsOf(error, { tooManyAttempts: 'external.attempts' })
        // An address that our letters cannot be written to.
        return addressStep(typed, faults.includes('letter') ? ['external.form'] : faults)
      }
    },

    async code(_c, field, language) {
      const token = field('token')
      try {
        await proveSignUp(storage, token, field('code'))
        return await accountStep(token, { name: '', domain: '', language }, [])
      } catch (error) {
        return codeStep(token, faultsOf(error, CODE_FAULTS))
      }
    },

    async resend(c, field) {
      const token = field('token')
      try {
        await mail(await resendSignUpCode(storage, settings, { token, network: network(c) }))
        return await codeStep(token, ['code.resent'])
      } catch (error) {
        return codeStep(token, faultsOf(error, { tooManyAttempts: 'code.enough' }))
      }
    },

    async account(c, field, language) {
      const token = field('token')
      const chosen = field('language')
      const typed = {
        name: field('name').slice(0, 100),
        domain: field('domain').slice(0, 255),
        language: LANGUAGES.includes(chosen) ? (chosen as Language) : language,
      }
      const agreed =
        field('agreed') === 'on' ? { policy: Number(field('policy')), terms: Number(field('terms')) } : undefined
      try {
        const person = { ...typed, password: field('password'), agreed }
        const { accountId, address } = await finishSignUp(storage, settings, token, person, createStandardMailboxes)
        await openCookieSession(parts, c, { accountId, isShort: false })
        parts.note(signInEntry(parts, c, address))
        return c.redirect('/app/', 303)
      } catch (error) {
        return accountStep(token, typed, faultsOf(error, ACCOUNT_FAULTS))
      }
    },
  }

  return {
    show: async () => ((await isOpen()) ? addressStep('', []) : { step: 'closed' }),
    take: async (c, language) =>
      (await isOpen()) ? takeStep(c, language, steps, (faults) => addressStep('', faults)) : { step: 'closed' },
  }
}

const ACCOUNT_FAULTS = {
  addressTaken: 'name.taken',
  domainUnknown: 'name.form',
  tooManyAttempts: 'name.attempts',
  tooManyItems: 'external.full',
} as const
