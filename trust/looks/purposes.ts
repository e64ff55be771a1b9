import type { PURPOSES } from '#policy'
import type { Field } from '#trust/access'

/** All but what the legal desk collects for an order, and shows to nobody here. */
export type ShownField = Exclude<Field, 'external' | 'signIns' | 'journal' | 'imported' | 'exported'>

/** What a purpose lets the staff see of an account; letters and their subjects are in none, for no code shows them. */
export interface Shown {
  /** Whatever the case. */
  always: readonly ShownField[]
  /** Only while its owner allows it. */
  byGrant: readonly ShownField[]
}

/** What each of the four purposes may be shown. Requests of courts have the legal desk, which shows nobody an account. */
export const SHOWN = {
  support: {
    always: ['state', 'created', 'stops', 'secondFactor'],
    byGrant: ['addresses', 'deliveries', 'settings', 'senders'],
  },
  checks: { always: ['state', 'stops', 'complaints', 'suspension', 'appeal'], byGrant: [] },
  payments: { always: ['addresses', 'state', 'created'], byGrant: [] },
  requests: { always: [], byGrant: [] },
} as const satisfies Record<(typeof PURPOSES)[number], Shown>

/** What only its owner can allow customer service to see. */
export const GRANTABLE = SHOWN.support.byGrant
export type Grantable = (typeof GRANTABLE)[number]
