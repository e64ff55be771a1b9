import type { AuthorityKind, RequestKind } from '#policy'

/** What can happen to a case, and what the register has of accounts that were locked. */
export const EVENT_KINDS = [
  'received',
  // The accounts that it names were looked for.
  'identified',
  'checked',
  'unchecked',
  // Somebody tried what may not be, and was declined.
  'attempt',
  'proposed',
  'signed',
  'released',
  'refused',
  'letterSent',
  'preserved',
  'preservationEnded',
  'noticeDelayed',
  'noticeGiven',
  'withdrawn',
  // Of no case.
  'locked',
  'appealed',
  'upheld',
  'reversed',
] as const
export type EventKind = (typeof EVENT_KINDS)[number]

/** With each of these a case is closed. */
export const CLOSING: readonly EventKind[] = ['released', 'refused', 'preservationEnded', 'withdrawn']

/** Why a request is refused: computed, never typed. */
export const REFUSALS = [
  'private',
  'foreign',
  'content',
  'noBasis',
  'accountUnknown',
  'formalDefect',
  'dataGone',
] as const
export type RefusalReason = (typeof REFUSALS)[number]

/** What of an event is readable: of this the report is made. */
export interface Facts {
  caseId: string | null
  kind: EventKind
  country: string | null
  authority: AuthorityKind | null
  request: RequestKind | null
  reason: string | null
  /** How many are concerned. */
  accounts: number | null
  until: Date | null
}

export interface RegisterEvent extends Facts {
  number: number
  at: Date
}
