import { waitOfSetLink, waitOfStopLink } from '#accounts'
import { finishRecovery, stopRecoveryBy } from '#trust/recovery'
import { Refusal } from '#system'
import { faultsOf, takeStep, type FormPage, type RecoveryView, type Step } from './forms.ts'
import type { SessionParts } from './session-cookie.ts'

const OVER: RecoveryView = { step: 'over', faults: [] }

/**
 * The links of the letters about a way back in without the second factor: one stops it, one sets a new password when its time is
 * over. Opening a link does nothing by itself, for programs open links, too.
 */
export function recoveryForm({ storage, config }: Pick<SessionParts, 'storage' | 'config'>): FormPage<RecoveryView> {
  const setStep = async (token: string, faults: readonly string[]): Promise<RecoveryView> => {
    const found = await waitOfSetLink(storage, token)
    return found === undefined ? OVER : { step: 'set', token, address: found.address, faults }
  }

  const steps: Record<string, Step<RecoveryView>> = {
    async stop(_c, field) {
      return (await stopRecoveryBy(storage, config, field('token'))) ? { step: 'stopped', faults: [] } : OVER
    },

    async set(c, field, language) {
      const token = field('token')
      try {
        await finishRecovery(storage, config, token, field('password'))
        return c.redirect(`/${language}/sign-in?done=reset`, 303)
      } catch (error) {
        if (error instanceof Refusal && error.reason === 'notFound') return OVER
        return setStep(token, faultsOf(error, { tooManyAttempts: 'password.attempts' }))
      }
    },
  }

  return {
    async show(c) {
      const { stop, set } = c.req.query()
      if (set !== undefined) return setStep(set, [])
      const isGood = stop !== undefined && (await waitOfStopLink(storage, stop)) !== undefined
      return isGood ? { step: 'stop', token: stop, faults: [] } : OVER
    },
    take: (c, language) => takeStep(c, language, steps, async () => OVER),
  }
}
