import { call, session } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Consent } from '../jmap/types.ts'

export type DocumentName = keyof Consent['agreed']

/** What there is to agree to anew; read only outside this file. */
export const consent: { asked: Consent['toAgree']; agreed: Consent['agreed'] } = $state({
  asked: null,
  agreed: { policy: null, terms: null },
})

/** Learns it with whatever else is asked for in this tick. That it fails keeps nobody from anything: it is asked next time. */
export async function loadConsent(): Promise<void> {
  if (!('urn:zegel:account' in session().capabilities)) return
  try {
    const { list } = await call('Consent/get', { ids: null })
    if (list[0]) take(list[0])
  } catch (error) {
    if (!(error instanceof Failure)) throw error
  }
}

function take({ toAgree, agreed }: Consent): void {
  consent.asked = toAgree
  consent.agreed = agreed
}

/** The documents of which another version is in force than the one agreed to. */
export const changed = (): DocumentName[] =>
  (['policy', 'terms'] as const).filter(
    (name) => consent.asked !== null && consent.agreed[name] !== consent.asked[name],
  )

/**
 * Agrees to what is asked for.
 * @throws Failure  also when another version has come into force meanwhile; that one is asked for then
 */
export async function agree(): Promise<void> {
  const { asked } = consent
  if (asked === null) return
  try {
    await call('Consent/agree', { ...asked })
    consent.asked = null
    consent.agreed = asked
  } catch (error) {
    if (error instanceof Failure && error.kind === 'declined') await loadConsent()
    throw error
  }
}
