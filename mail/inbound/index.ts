/** How a message that arrives is checked, and finds its mailbox. */
export { checkLetter, type Checked, type CheckTools } from './check.ts'
export { receiveEnquiry } from './enquiry.ts'
export { receiveReportLetter } from './report.ts'
export { mayForward, receiveForwarded } from './forward.ts'
export { receiveForList } from './for-list.ts'
export {
  fileCollected,
  fileMessage,
  receiveMessage,
  type Arrival,
  type CollectedLetter,
  type SmtpArrival,
} from './receive.ts'
export { releaseHeld } from './release.ts'
export { receiveReturned } from './returned.ts'
export { tellTurnedAway } from './turned-away.ts'
