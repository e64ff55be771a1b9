import { FAULTS, type Fault } from '#mail/submission'
import type { Reason, Refusal } from '#system'
import { SmtpError, type Reply } from './reply.ts'

const TRY_AGAIN: Reply = { code: 451, text: '4.3.0 Cannot take this now, please try again later' }

/** What our refusals are to somebody who sends: with the enhanced code (RFC 3463) in the sentence. */
const REPLIES: Partial<Record<Reason, Reply>> = {
  addressClosed: { code: 550, text: '5.1.6 This mailbox is closed and takes no mail any more' },
  addressUnknown: { code: 550, text: '5.1.1 There is no such mailbox here' },
  badCredentials: { code: 535, text: '5.7.8 Address or password is wrong' },
  dangerousAttachment: {
    code: 550,
    text: '5.7.1 A program, or what starts one, is attached, and may not be sent, in an archive either',
  },
  forbidden: { code: 550, text: '5.7.1 This account may not send at present' },
  infected: { code: 550, text: '5.7.1 The message holds a virus' },
  notTheirAddress: { code: 550, text: '5.7.1 This is not an address of the account that has signed in' },
  overload: { code: 451, text: '4.3.2 Busy, please try again later' },
  refused: { code: 550, text: '5.7.2 This list or address takes no letters from this sender' },
  scannerSilent: { code: 451, text: '4.7.1 The message could not be checked now, please try again later' },
  tooLarge: { code: 552, text: '5.3.4 The message is too large' },
  tooManyRecipients: { code: 552, text: '5.5.3 Too many recipients: nothing of this is sent' },
}

/** Which field of the header names somebody else. */
const FOREIGN: Readonly<Record<string, string>> = {
  from: '5.7.1 The From field names an address that is not of the account that has signed in; choose one of its own as sender',
  sender: '5.7.1 The Sender field names an address that is not of the account that has signed in',
}

/** Which limit an account has reached (`#mail/limits`). */
const LIMITS: Readonly<Record<string, string>> = {
  letters: 'has sent too many letters within this hour',
  recipients: 'has written to too many recipients within a day',
  strangers: 'has written to too many new recipients within a day',
  bounces: 'has had too many letters given back within a day',
}

/** What the service itself has stopped (`#mail/abuse`). */
const STOPPED: Reply = {
  code: 550,
  text: '5.7.1 Sending is stopped for this account, which looks stolen; its owner was told how to go on',
}

export function toSubmissionReply(refusal: Refusal): SmtpError {
  const [field = ''] = refusal.fields
  if (refusal.reason === 'invalid')
    return new SmtpError({ code: 554, text: `5.6.0 ${FAULTS[field as Fault] ?? 'The message is not valid.'}` })
  if (refusal.reason === 'notTheirAddress' && FOREIGN[field] !== undefined)
    return new SmtpError({ code: 550, text: FOREIGN[field] })
  if (refusal.reason === 'tooManyAttempts') {
    const seconds = refusal.retryAfterSeconds ?? 60
    const what = LIMITS[field] ?? 'has sent too much'
    return new SmtpError({ code: 450, text: `4.7.1 This account ${what}, try again in ${seconds} seconds` })
  }
  if (refusal.reason === 'forbidden' && field === 'stopped') return new SmtpError(STOPPED, { cause: refusal })
  return new SmtpError(REPLIES[refusal.reason] ?? TRY_AGAIN, { cause: refusal })
}

/** For an app password with which nothing may be changed. */
export const READ_ONLY: Reply = { code: 535, text: '5.7.0 With this app password one may only read, not send' }

/** Programs that choose SCRAM by themselves say this to somebody who has given the password of the account. */
const ONLY_APP_PASSWORDS: Reply = {
  code: 535,
  text: '5.7.8 SCRAM knows app passwords only: make one in the settings, or choose PLAIN for the password of the account',
}

/** Signing in: RFC 4954 §6. */
export function toSignInReply(refusal: Refusal, mechanism: string): SmtpError {
  if (refusal.reason === 'badCredentials')
    return mechanism === 'SCRAM-SHA-256' ? new SmtpError(ONLY_APP_PASSWORDS) : toSubmissionReply(refusal)
  if (refusal.reason === 'forbidden')
    return new SmtpError(
      { code: 535, text: '5.7.0 This app password is not for mail, or not for acting as somebody else' },
      { cause: refusal },
    )
  const seconds = refusal.retryAfterSeconds ?? 10
  return new SmtpError({ code: 454, text: `4.7.0 Signing in is not possible now, try again in ${seconds} seconds` })
}
