/**
 * What this process counts of its work: every name and every kind stands in this list, so that no count can be about a person.
 * Kept in memory; from zero at each start.
 */
export const COUNTED = {
  /** Letters that other servers brought, by how they were answered. */
  arrivals: ['taken', 'comeAgain', 'later', 'refused'],
  /** Recipients of letters that left, by attempt. */
  departures: ['delivered', 'deferred', 'failed'],
  /** Connections that were let in. */
  sessions: ['smtp', 'submission', 'imap', 'pop3', 'managesieve', 'http', 'desk'],
  /** Connections that were turned away because there were too many. */
  refusals: ['smtp', 'submission', 'imap', 'pop3', 'managesieve', 'http', 'desk'],
  /** Letters put off because one network brought too many, or all in the making took too much memory. */
  overloads: ['messageRate', 'messageMemory'],
  /** Attempts to sign in with what was wrong, or that had to wait. */
  signInFailures: ['submission', 'imap', 'pop3', 'managesieve', 'http'],
} as const satisfies Record<string, readonly string[]>

export type Counted = keyof typeof COUNTED
export type CountKind<C extends Counted> = (typeof COUNTED)[C][number]

const counts = new Map<string, number>()

export function count<C extends Counted>(counted: C, kind: CountKind<C>, by = 1): void {
  const name = `${counted} ${kind}`
  counts.set(name, (counts.get(name) ?? 0) + by)
}

/** Of each kind how many since the start. */
export function countsOf<C extends Counted>(counted: C): Record<CountKind<C>, number> {
  const kinds: readonly CountKind<C>[] = COUNTED[counted]
  return Object.fromEntries(kinds.map((kind) => [kind, counts.get(`${counted} ${kind}`) ?? 0])) as Record<
    CountKind<C>,
    number
  >
}
