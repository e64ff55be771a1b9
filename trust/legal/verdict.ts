import { legalBases, type LegalBasis } from '#policy'
import { requestKind, type KeptIntake } from './intake.ts'
import type { RefusalReason } from './event.ts'

/** What the policy says about a request. */
export type Verdict =
  | { answer: 'release' | 'preserve'; basis: LegalBasis }
  | { answer: 'refuse'; reason: RefusalReason }

type Asker = Pick<KeptIntake, 'kind' | 'country' | 'basis' | 'wants' | 'fields'>

const refuse = (reason: RefusalReason): Verdict => ({ answer: 'refuse', reason })

/**
 * Whether a request is one that the operator has to answer: computed from what it says and the law that applies to the operator. Where
 * several reasons speak against it, the first that whoever asks can do something about.
 * @param country  of the operator
 * @param known  how many of the accounts exist; undefined when nobody may have looked yet
 */
export function verdictOn(asker: Asker, country: string, known: number | undefined): Verdict {
  if (asker.kind === 'private') return refuse('private')
  if (asker.country !== country) return refuse('foreign')
  const request = requestKind(asker)
  if (request === 'content') return refuse('content')
  const basis = legalBases(country).find(({ id }) => id === asker.basis)
  if (basis === undefined || !basis.authorities.includes(asker.kind) || !basis.requests.includes(request))
    return refuse('noBasis')
  if (known === 0) return refuse('accountUnknown')
  return { answer: request === 'preservation' ? 'preserve' : 'release', basis }
}
