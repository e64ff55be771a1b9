/** Mail that arrives (RFC 5321), and mail that people send (RFC 6409), over SMTP. */
export { startSmtp, type SmtpContext } from './server.ts'
export { startSubmission, type RunningSubmission, type SubmissionContext } from './submission.ts'
export { openLimits, type Limits } from './limits.ts'
export type { Listening } from './listen.ts'
