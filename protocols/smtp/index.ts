/** Mail that arrives over SMTP (RFC 5321). */
export { startSmtp, type RunningSmtp, type SmtpContext } from './server.ts'
