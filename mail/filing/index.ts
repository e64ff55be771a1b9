/**
 * What a script of its owner makes of a letter (Sieve, RFC 5228). Asks and decides; files, sends and remembers nothing: the actions are
 * for whoever runs it.
 */
export { runScript } from './run.ts'
export { applyEdits, type HeaderEdit } from './edits.ts'
export { type FaultReason } from './fault.ts'
export { rejection } from './rejection.ts'
export { LIMITS, type Limits } from './limits.ts'
export type * from './situation.ts'
export { writeAnswer, writeNotification, type Written } from './write.ts'
