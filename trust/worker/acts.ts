import type { AnyAct } from '#trust/desk'
import { lookActs } from '#trust/looks'
import { readHealth } from '#trust/operations'
import { supportActs } from '#trust/support'

/** Everything that the staff can do by the desk: each module says what is its own. */
export const ACTS: readonly AnyAct[] = [readHealth, ...lookActs, ...supportActs]
