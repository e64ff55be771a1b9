import {
  accountLetter,
  beginReset,
  findReset,
  finishReset,
  networkOf,
  proveReset,
  readSettings,
  resendResetCode,
  resetChoices,
  spendChallenge,
  type ResetCode,
  type ResetNotice,
} from '#accounts'
import { enqueue, prepareOwnLetter, sendOwnLetter, wakeQueue } from '#mail/outbound'
import type { WireContext } from '#protocols/jmap'
import { nowMs, type Config, type Log } from '#system'
import type { Sql } from '#storage'
import { beginRecovery } from '#trust/recovery'
import {
  addressStepOf,
  CODE_FAULTS,
  faultsOf,
  minutesUntil,
  takeStep,
  type FormPage,
  type Language,
  type ResetView,
  type Step,
} from './forms.ts'
import type { SessionParts } from './session-cookie.ts'

const PURPOSE = 'reset'

/**
 * A new password by a code to the address outside. What is answered, and what is done before the answer, is the same
 * whether an address exists or not.
 */
export function resetForm(parts: SessionParts & { config: Config; log: Log }): FormPage<ResetView> {
  const { storage, arrivals, config, log } = parts
  const settings = config.signUp
  const host = config.hostname

  /** Only after the answer has gone: for an address that nobody has there is nothing to do, and nobody can tell. */
  const mailLater = (c: WireContext, { letter }: ResetCode, language: Language): void => {
    const mail = async (): Promise<void> => {
      const found = await letter()
      if (found === undefined) return
      const values = { host, code: found.code, minutes: settings.codeMinutes }
      await sendOwnLetter(storage, { to: found.to, language, ...accountLetter({ kind: 'reset', language, values }) })
    }
    c.env.outgoing.once('close', () => {
      mail().catch((error: unknown) => log.error({ err: error }, 'a code could not be put into the queue'))
    })
  }

  /** Told on every channel there is: outside, and in the account itself. */
  const announce = async ({ address, external, language }: ResetNotice): Promise<(sql: Sql) => Promise<void>> => {
    const words = accountLetter({ kind: 'passwordReset', language, values: { host, address } })
    const letters = await Promise.all(
      [external, address].map((to) => prepareOwnLetter(storage, { to, language, ...words })),
    )
    return async (sql) => {
      for (const letter of letters) await enqueue(sql, letter)
    }
  }

  const network = (c: WireContext): string => networkOf(arrivals.of(c.env.incoming).client)
  const addressStep = addressStepOf(storage, PURPOSE, settings.proofWork)

  const codeStep = async (token: string, faults: readonly string[]): Promise<ResetView> => {
    const { codesLeft, codeEndsAt } = await findReset(storage, token)
    return { step: 'code', token, to: undefined, codesLeft, minutesLeft: minutesUntil(codeEndsAt, nowMs()), faults }
  }

  const passwordStep = async (
    token: string,
    chosen: number | undefined,
    faults: readonly string[],
  ): Promise<ResetView> => ({
    step: 'password',
    token,
    choices: await resetChoices(storage, token),
    chosen,
    faults,
  })

  const steps: Record<string, Step<ResetView>> = {
    async address(c, field, language) {
      const typed = field('address')
      try {
        await spendChallenge(storage, PURPOSE, field('proof'))
        const begun = await beginReset(storage, settings, { address: typed, network: network(c) })
        mailLater(c, begun, language)
        return await codeStep(begun.token, [])
      } catch (error) {
        return addressStep(typed, faultsOf(error, { tooManyAttempts: 'address.attempts' }))
      }
    },

    async code(_c, field) {
      const token = field('token')
      try {
        await proveReset(storage, token, field('code'))
        return await passwordStep(token, undefined, [])
      } catch (error) {
        return codeStep(token, faultsOf(error, CODE_FAULTS))
      }
    },

    async resend(c, field, language) {
      const token = field('token')
      try {
        mailLater(c, await resendResetCode(storage, settings, { token, network: network(c) }), language)
        return await codeStep(token, ['code.resent'])
      } catch (error) {
        return codeStep(token, faultsOf(error, { tooManyAttempts: 'code.enough' }))
      }
    },

    // Nothing is set now: whoever has the address outside, and no more, waits.
    async lost(c, field) {
      const token = field('token')
      const accountId = Number(field('account'))
      try {
        const { readyAt } = await beginRecovery(storage, config, token, { accountId, network: network(c) })
        const { timeZone } = await readSettings(await storage.openAccount(accountId))
        return { step: 'waiting', readyAt, timeZone, faults: [] }
      } catch (error) {
        return passwordStep(token, accountId, faultsOf(error, { tooManyAttempts: 'lost.attempts' }))
      }
    },

    async password(c, field, language) {
      const token = field('token')
      const accountId = Number(field('account'))
      try {
        await finishReset(storage, token, { accountId, password: field('password') }, announce)
        wakeQueue(storage)
        return c.redirect(`/${language}/sign-in?done=reset`, 303)
      } catch (error) {
        return passwordStep(token, accountId, faultsOf(error, { tooManyAttempts: 'password.attempts' }))
      }
    },
  }

  return {
    show: () => addressStep('', []),
    take: (c, language) => takeStep(c, language, steps, (faults) => addressStep('', faults)),
  }
}
