import { Refusal } from '#system'

/** What an app password may open. */
export const SCOPES = ['mail', 'calendar', 'contacts', 'documents'] as const
export type Scope = (typeof SCOPES)[number]

/** In our order, each once. @throws Refusal 'invalid' with the field `scopes` */
export function checkScopes(given: readonly string[]): Scope[] {
  const scopes = SCOPES.filter((scope) => given.includes(scope))
  const isKnown = given.every((scope) => SCOPES.some((one) => one === scope))
  if (scopes.length === 0 || !isKnown) throw new Refusal('invalid', { fields: ['scopes'] })
  return scopes
}
