/**
 * Sending: the one way by which a person's letter leaves, by SMTP and by JMAP. Says who may send what to whom, looks into it,
 * cleans the header, has it counted, and hands over to the queue (`#mail/outbound`). Writes records of the kind `submission`.
 */
export { ownsAddress, parseRecipient } from './addresses.ts'
export { RecipientsRefused, refuseRecipients, type WhyNot } from './recipients.ts'
export {
  checkSender,
  checkSubmission,
  maxMessageBytes,
  type CheckedLetter,
  type Submission,
  type SubmissionTools,
} from './check.ts'
export { makeRoomForTheirs, submitByProgram } from './copy.ts'
export { MAX_DELAY_SECONDS, sendAtOf } from './hold.ts'
export { FAULTS, type Fault } from './faults.ts'
export type { Inspection } from './scan.ts'
export { submit } from './submit.ts'
export {
  cancelScheduled,
  cancelSubmission,
  forgetSubmissions,
  SUBMISSION,
  submitRecorded,
  type DeliveryStatus,
  type EnvelopeAddress,
  type SubmissionRecord,
} from './record.ts'
