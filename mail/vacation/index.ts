/**
 * Answering for somebody who is away. Records of the kinds `vacation` (what is said), `vacationCursor` (up to where
 * arrivals were looked at) and `vacationAnswer` (who was answered, as a keyed hash, until they may be again).
 */
export { readVacation, VACATION, writeVacation, type Vacation } from './vacation.ts'
export { ANSWER } from './answered.ts'
export { isAutomatic, mayAnswer, type Answerable } from './may-answer.ts'
export { answerArrivals, startVacation } from './worker.ts'
