import type { Language } from './texts.ts'

/** Who asks. `private`: a lawyer, a company, anybody without public power. */
export const AUTHORITIES = ['court', 'prosecutor', 'police', 'regulator', 'intelligence', 'private'] as const
export type AuthorityKind = (typeof AUTHORITIES)[number]

/**
 * What is asked for: whose an account is; who signed in and who wrote to whom, when; that something be kept until a further order;
 * what stands in letters, which nobody can be given.
 */
export const REQUEST_KINDS = ['identification', 'traffic', 'preservation', 'content'] as const
export type RequestKind = (typeof REQUEST_KINDS)[number]

/** A provision that obliges the operator, by whom it can be used and for what. */
export interface LegalBasis {
  id: string
  /** ISO 3166, two letters. */
  country: string
  law: Readonly<Record<Language, string>>
  authorities: readonly AuthorityKind[]
  requests: readonly RequestKind[]
}

const CRIMINAL_PROCEDURE: Readonly<Record<Language, string>> = {
  de: 'Strafprozessgesetzbuch (Belgien), Art. ',
  en: 'Code of Criminal Procedure (Belgium), art. ',
  fr: 'Code d’instruction criminelle (Belgique), art. ',
  nl: 'Wetboek van Strafvordering (België), art. ',
}

const criminal = (
  article: string,
  authorities: readonly AuthorityKind[],
  requests: readonly RequestKind[],
): LegalBasis => ({
  id: `be-${article}`,
  country: 'BE',
  law: Object.fromEntries(
    Object.entries(CRIMINAL_PROCEDURE).map(([language, code]) => [language, `${code}${article}`]),
  ) as Record<Language, string>,
  authorities,
  requests,
})

/**
 * The usual provisions, read narrowly: what one of them does not clearly allow is refused, and whoever asks may come back with
 * another. An operator elsewhere adds those of their own country; until then everything is refused.
 */
const BASES: readonly LegalBasis[] = [
  criminal('46bis', ['prosecutor', 'court'], ['identification']),
  criminal('88bis', ['court'], ['identification', 'traffic']),
  criminal('39ter', ['police', 'prosecutor', 'court'], ['preservation']),
]

/** Those of a country. */
export const legalBases = (country: string): readonly LegalBasis[] => BASES.filter((basis) => basis.country === country)
