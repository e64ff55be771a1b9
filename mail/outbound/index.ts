/**
 * Mail that departs: the queue, and how letters leave it. Writes the tables queue_letter and queue_recipient.
 */
export {
  enqueue,
  isQueued,
  prepareLetter,
  withdraw,
  type Language,
  type LetterName,
  type Notify,
  type OwnFields,
  type OutgoingLetter,
  type PreparedLetter,
} from './letter.ts'
export { wakeQueue } from './wake.ts'
export { prepareOwnLetter, sendOwnLetter, type OwnLetter } from './own.ts'
export { hopsOf, MOST_HOPS } from './header.ts'
export { hasPassed, withoutReturnPath } from './onward.ts'
export type { LetterToList } from './here.ts'
export { startDelivery, type DeliveryContext } from './delivery.ts'
export { forgetDone } from './settle.ts'
export { queueCondition, type QueueCondition } from './condition.ts'
export { DEFERRALS, type Deferral } from './outcome.ts'
export type { DeliveryState } from './tell.ts'
export {
  listQueue,
  queuedOf,
  removeLetter,
  retryLetter,
  showOwnLetter,
  type QueuedLetter,
  type QueueEntry,
  type ShownLetter,
} from './list.ts'
