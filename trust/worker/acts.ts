import { readHealth, type AnyAct } from '#trust/desk'
import { legalActs } from '#trust/legal'

/** Everything that the staff can do by the desk: each module says what is its own. */
export const ACTS: readonly AnyAct[] = [readHealth, ...legalActs]
