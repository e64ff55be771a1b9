import type { RequestKind } from '#policy'

/** A fact that somebody of the staff has made sure of. */
interface Check {
  name: string
  /** Of which kinds of requests; all without it. */
  of?: readonly RequestKind[]
  /** Not by whoever has taken the request in. */
  isByAnother?: true
}

/** What has to be ticked before anything is released or preserved, in the order in which it is gone through. */
export const CHECKS = [
  { name: 'original' },
  { name: 'calledBack' },
  { name: 'competent' },
  { name: 'basisFits' },
  { name: 'offence' },
  { name: 'accountNamed' },
  { name: 'periodNamed', of: ['traffic'] },
  { name: 'keyCompared', of: ['identification', 'traffic'] },
  { name: 'secondReader', isByAnother: true },
] as const satisfies readonly Check[]
export type CheckName = (typeof CHECKS)[number]['name']

export const CHECK_NAMES = CHECKS.map(({ name }) => name) as [CheckName, ...CheckName[]]

export const checksOf = (request: RequestKind): readonly Check[] =>
  (CHECKS as readonly Check[]).filter(({ of }) => of === undefined || of.includes(request))

export const isByAnother = (check: CheckName): boolean =>
  (CHECKS as readonly Check[]).some(({ name, isByAnother }) => name === check && isByAnother === true)
