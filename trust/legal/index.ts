/**
 * The legal desk: what authorities and others ask for, what the policy says to it, and what became of it. Its register is chained by
 * hash; of it alone the transparency report is made. Writes the tables legal_event, legal_detail, legal_file and legal_subject.
 */
export { legalActs } from './acts.ts'
export { keepDates } from './dates.ts'
export { CLOSING, EVENT_KINDS, REFUSALS, type EventKind, type RefusalReason, type RegisterEvent } from './event.ts'
export { holdOn, isNotHeld, toldCases, type Hold } from './hold.ts'
export { checkRegister, eventOf, noteLock, registerHead, walkRegister, type CheckedRegister } from './register.ts'
export { ASKED, CHANNELS, MOST_SCAN, PRESERVABLE } from './intake.ts'
export { countOverdue, type ListedCase, type ShownCase, type Stage } from './list.ts'
export type { RefusalLetter } from './refuse.ts'
