import {
  checkForReopening,
  endForwarding,
  findClosure,
  findRecovery,
  maskAddress,
  networkOf,
  readSettings,
  type Closure,
  type SignedIn,
} from '#accounts'
import { recordConsent, refuseOldVersions, versionsToAgreeTo } from '#policy'
import type { WireContext } from '#protocols/jmap'
import { noted } from '#protocols/sasl'
import { now, Refusal, type Config } from '#system'
import { reopen } from '#trust/closing'
import { faultsOf, takeStep, type FormPage, type Language, type ReopenView, type Step } from './forms.ts'
import { openCookieSession, signInEntry, type SessionParts } from './session-cookie.ts'

const FAULTS = { badCredentials: 'password.wrong', tooManyAttempts: 'password.soon' } as const

const typedIn = (field: (name: string) => string): { address: string; isShort: boolean } => ({
  address: field('address').trim().slice(0, 320),
  isShort: field('shared') === 'on',
})

/**
 * A closed account is reopened in two steps, each with the password: the first shows until when, the second does it. Who has
 * no password of a closed account learns nothing; who has one of an open account is signed in.
 */
export function reopenForm(parts: SessionParts & { config: Config }): FormPage<ReopenView> {
  const { storage, arrivals, config, note } = parts
  const { sql } = storage.database

  const check = (c: WireContext, address: string, password: string): Promise<SignedIn & { isClosed: boolean }> => {
    const network = networkOf(arrivals.of(c.env.incoming).client)
    const attempt = checkForReopening(storage, { address, password, network })
    return noted(note, signInEntry(parts, c, address), attempt, 'http')
  }

  const enter = async (c: WireContext, { accountId, passwordSetAt }: SignedIn, isShort: boolean): Promise<Response> => {
    await openCookieSession(parts, c, { accountId, passwordSetAt, isShort })
    return c.redirect('/app/', 303)
  }

  const forwardingOf = async (accountId: number, { forwardUntil: until }: Closure) => {
    const recovery = await findRecovery(storage, accountId)
    if (until === null || recovery === undefined) return undefined
    return { to: maskAddress(recovery.address), until, isOver: until <= now() }
  }

  /** Only for whoever has given the password. */
  const confirmStep = async (
    accountId: number,
    { address, isShort }: { address: string; isShort: boolean },
    faults: readonly string[],
  ): Promise<ReopenView> => {
    const closure = await findClosure(sql, accountId)
    if (closure === undefined) throw new Refusal('notFound')
    const [{ timeZone }, forwarding] = await Promise.all([
      readSettings(await storage.openAccount(accountId)),
      forwardingOf(accountId, closure),
    ])
    const { closedAt, reopenUntil, eraseAt } = closure
    const isOver = reopenUntil <= now()
    const agreeTo = isOver ? undefined : await versionsToAgreeTo(sql, accountId)
    const days = { closedAt, reopenUntil, eraseAt, timeZone }
    return { step: 'confirm', address, isShort, ...days, forwarding, isOver, agreeTo, faults }
  }

  const steps: Record<string, Step<ReopenView>> = {
    async credentials(c, field) {
      const typed = typedIn(field)
      const { address, isShort } = typed
      try {
        const signedIn = await check(c, address, field('password'))
        return signedIn.isClosed ? await confirmStep(signedIn.accountId, typed, []) : await enter(c, signedIn, isShort)
      } catch (error) {
        return { step: 'credentials', typed: address, isShort, faults: faultsOf(error, FAULTS) }
      }
    },

    async confirm(c, field) {
      const typed = typedIn(field)
      const { address, isShort } = typed
      let signedIn: (SignedIn & { isClosed: boolean }) | undefined
      try {
        signedIn = await check(c, address, field('password'))
        const { accountId, passwordSetAt, isClosed } = signedIn
        // In another window somebody was faster.
        if (!isClosed) return await enter(c, signedIn, isShort)
        if (field('stop') === 'on') {
          await endForwarding(sql, accountId)
          return await confirmStep(accountId, typed, [])
        }
        const versions =
          field('agreed') === 'on' ? { policy: Number(field('policy')), terms: Number(field('terms')) } : undefined
        const agreeTo = await versionsToAgreeTo(sql, accountId)
        const agreed = agreeTo && refuseOldVersions(versions, agreeTo)
        await reopen(storage, config, accountId, {
          passwordSetAt,
          within: async (tx) => {
            if (agreed !== undefined) await recordConsent(tx, accountId, agreed)
          },
        })
        return await enter(c, signedIn, isShort)
      } catch (error) {
        const faults = faultsOf(error, { ...FAULTS, expired: 'over' })
        if (signedIn !== undefined) return confirmStep(signedIn.accountId, typed, faults)
        return { step: 'credentials', typed: address, isShort, faults }
      }
    },
  }

  const begin = async (): Promise<ReopenView> => ({
    step: 'credentials',
    typed: '',
    isShort: false,
    faults: [],
  })
  return { show: begin, take: (c, language: Language) => takeStep(c, language, steps, begin) }
}
