import {
  checkForReopening,
  endForwarding,
  findClosure,
  findRecovery,
  maskAddress,
  networkOf,
  readReopening,
  readSettings,
  useReopening,
  type Closure,
  type SignedIn,
} from '#accounts'
import { recordConsent, refuseOldVersions, versionsToAgreeTo } from '#policy'
import type { WireContext } from '#protocols/jmap'
import { noted } from '#protocols/sasl'
import { now, Refusal, type Config } from '#system'
import { reopen } from '#trust/closing'
import { factorStep, type ShowForm } from './factor.ts'
import { faultsOf, takeStep, type FormPage, type Language, type ReopenView, type Step } from './forms.ts'
import { openCookieSession, signInEntry, type SessionParts } from './session-cookie.ts'

const FAULTS = { badCredentials: 'password.wrong', tooManyAttempts: 'password.soon' } as const

const typedIn = (field: (name: string) => string): { address: string; isShort: boolean } => ({
  address: field('address').trim().slice(0, 320),
  isShort: field('shared') === 'on',
})

/**
 * A closed account is reopened in two steps, each with the password: the first shows until when, the second does it. Who has
 * no password of a closed account learns nothing; who has one of an open account is signed in. A second factor, where one is asked
 * for, comes between the two.
 */
export function reopenForm(parts: SessionParts & { config: Config }, showFactor: ShowForm): FormPage<ReopenView> {
  const { storage, arrivals, config, note } = parts
  const { sql } = storage.database

  const networkFor = (c: WireContext): string => networkOf(arrivals.of(c.env.incoming).client)

  const check = (c: WireContext, address: string, password: string): Promise<SignedIn & { isClosed: boolean }> => {
    const attempt = checkForReopening(storage, { address, password, network: networkFor(c) })
    return noted(note, signInEntry(parts, c, address), attempt, 'http')
  }

  const enter = async (
    c: WireContext,
    { accountId, passwordSetAt }: Pick<SignedIn, 'accountId' | 'passwordSetAt'>,
    { isShort, hasFactor }: { isShort: boolean; hasFactor: boolean },
  ): Promise<Response> => {
    await openCookieSession(parts, c, { accountId, passwordSetAt, isShort, hasFactor })
    return c.redirect('/app/', 303)
  }

  /** Where somebody goes on who has given the right password, and of a closed account nothing else yet. */
  const askFactor = async (
    c: WireContext,
    language: Language,
    signedIn: SignedIn & { isClosed: boolean },
    typed: { address: string; isShort: boolean },
  ): Promise<Response> =>
    showFactor(c, language, await factorStep(parts, c, signedIn, { ...typed, reopens: signedIn.isClosed }))

  const isProven = async (c: WireContext, factor: string | undefined, accountId: number): Promise<boolean> => {
    if (factor === undefined) return false
    return readReopening(storage, factor, networkFor(c)).then(
      (proven) => proven.accountId === accountId,
      (error: unknown) => {
        if (error instanceof Refusal && error.reason === 'expired') return false
        throw error
      },
    )
  }

  const forwardingOf = async (accountId: number, { forwardUntil: until }: Closure) => {
    const recovery = await findRecovery(storage, accountId)
    if (until === null || recovery === undefined) return undefined
    return { to: maskAddress(recovery.address), until, isOver: until <= now() }
  }

  /** Only for whoever has given the password. */
  const confirmStep = async (
    accountId: number,
    { address, isShort, factor }: { address: string; isShort: boolean; factor?: string | undefined },
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
    return { step: 'confirm', address, isShort, ...days, forwarding, isOver, agreeTo, factor, faults }
  }

  const steps: Record<string, Step<ReopenView>> = {
    async credentials(c, field, language) {
      const typed = typedIn(field)
      const { address, isShort } = typed
      try {
        const signedIn = await check(c, address, field('password'))
        if (signedIn.asksFactor) return await askFactor(c, language, signedIn, typed)
        if (signedIn.isClosed) return await confirmStep(signedIn.accountId, typed, [])
        return await enter(c, signedIn, { isShort, hasFactor: false })
      } catch (error) {
        return { step: 'credentials', typed: address, isShort, faults: faultsOf(error, FAULTS) }
      }
    },

    /** After the second factor. */
    async proven(c, field) {
      const factor = field('factor')
      try {
        const { accountId, address, isShort } = await readReopening(storage, factor, networkFor(c))
        return await confirmStep(accountId, { address, isShort, factor }, [])
      } catch (error) {
        return { step: 'credentials', typed: '', isShort: false, faults: faultsOf(error, { expired: 'over' }) }
      }
    },

    async confirm(c, field, language) {
      const typed = typedIn(field)
      const { address, isShort } = typed
      const factor = field('factor') || undefined
      let signedIn: (SignedIn & { isClosed: boolean }) | undefined
      try {
        signedIn = await check(c, address, field('password'))
        const { accountId, passwordSetAt, isClosed, asksFactor } = signedIn
        if (asksFactor && (!isClosed || !(await isProven(c, factor, accountId))))
          return await askFactor(c, language, signedIn, typed)
        // In another window somebody was faster.
        if (!isClosed) return await enter(c, signedIn, { isShort, hasFactor: false })
        if (field('stop') === 'on') {
          await endForwarding(sql, accountId)
          return await confirmStep(accountId, { ...typed, factor }, [])
        }
        const versions =
          field('agreed') === 'on' ? { policy: Number(field('policy')), terms: Number(field('terms')) } : undefined
        const agreeTo = await versionsToAgreeTo(sql, accountId)
        const agreed = agreeTo && refuseOldVersions(versions, agreeTo)
        await reopen(storage, config, accountId, {
          passwordSetAt,
          within: async (tx) => {
            if (asksFactor && factor !== undefined) await useReopening(storage, tx, factor, accountId)
            if (agreed !== undefined) await recordConsent(tx, accountId, agreed)
          },
        })
        return await enter(c, signedIn, { isShort, hasFactor: asksFactor })
      } catch (error) {
        const faults = faultsOf(error, { ...FAULTS, expired: 'over' })
        if (signedIn !== undefined) return confirmStep(signedIn.accountId, { ...typed, factor }, faults)
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
