import type { Reason, Refusal } from '#system'

/**
 * A reply of SMTP: code (RFC 5321 §4.2) and a sentence, which may begin with its enhanced code (RFC 3463); the library puts
 * the usual one before a sentence that has none.
 */
export interface Reply {
  code: number
  text: string
}

const TRY_AGAIN: Reply = { code: 451, text: 'Cannot take this now, please try again later' }

/** What our refusals are in SMTP. */
const REPLIES: Partial<Record<Reason, Reply>> = {
  addressClosed: { code: 550, text: '5.1.6 This mailbox is closed and takes no mail any more' },
  addressUnknown: { code: 550, text: 'No such mailbox here' },
  comeAgain: { code: 451, text: '4.7.1 Not known here yet, please try again in a few minutes' },
  domainUnknown: { code: 550, text: 'This server takes no mail for that domain' },
  invalid: { code: 501, text: 'Not a valid address' },
  loop: { code: 554, text: '5.4.6 The message has passed through too many servers' },
  overload: { code: 451, text: 'Busy, please try again later' },
  scannerSilent: { code: 451, text: '4.7.1 The message could not be checked now, please try again later' },
  tooLarge: { code: 552, text: 'Message too large' },
  tooManyRecipients: {
    code: 452,
    text: '4.5.3 Please bring the message for this recipient in a transaction of its own',
  },
  tooManyAttempts: { code: 451, text: 'Too many messages from your network, please try again later' },
}

export class SmtpError extends Error {
  override name = 'SmtpError'
  readonly responseCode: number
  constructor({ code, text }: Reply, options?: ErrorOptions) {
    super(text, options)
    this.responseCode = code
  }
}

/** What a message was refused for, by the finding that said so. */
const REFUSED: Partial<Record<string, string>> = {
  senderBlocked: '5.7.1 The recipient takes no messages from this sender',
  notTaken: '5.7.2 This list takes no letters from this sender',
  noNotification: '5.7.1 This address takes notifications about letters that were passed on, and nothing else',
  virus: '5.7.1 The message holds a virus',
}

export const toReply = (refusal: Refusal): SmtpError => new SmtpError(replyOf(refusal), { cause: refusal })

function replyOf({ reason, fields, words }: Refusal): Reply {
  if (words !== undefined) return { code: 550, text: `5.7.1 ${words}` }
  if (reason === 'refused') return { code: 550, text: REFUSED[fields[0] ?? ''] ?? '5.7.1 The message is refused' }
  return REPLIES[reason] ?? TRY_AGAIN
}
