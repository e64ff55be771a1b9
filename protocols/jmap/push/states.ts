/** The states of data types by their names: a TypeState. RFC 8620 §7.1. */
export type TypeState = ReadonlyMap<string, string>

/** More is not one of ours. */
const LONGEST_TOKEN = 4096

/**
 * All states of an account as one token, which a client hands back after an interruption: an event's id (RFC 8620
 * §7.3), a pushState (RFC 8887 §4.3.5).
 */
export const tokenOf = (states: TypeState): string => new URLSearchParams([...states]).toString()

/** What a token says; undefined when it is not one of ours. */
export function statesIn(token: string | undefined): TypeState | undefined {
  if (token === undefined || token === '' || token.length > LONGEST_TOKEN) return undefined
  const entries = [...new URLSearchParams(token)]
  return entries.every(([type, state]) => /^[A-Za-z]+$/.test(type) && state !== '') ? new Map(entries) : undefined
}

/** The states that differ, of the types wanted. What was not known before counts as different. */
export function differences(before: TypeState, now: TypeState, wanted: ReadonlySet<string> | undefined): TypeState {
  return new Map(
    [...now].filter(([type, state]) => before.get(type) !== state && (wanted === undefined || wanted.has(type))),
  )
}
