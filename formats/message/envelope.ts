import type { EmailAddress } from './address-list.ts'
import { lastValue } from './fields.ts'
import type { Message } from './part.ts'

/** What a list of messages shows of one: the convenience properties of RFC 8621 §4.1.3. Null where the field is missing. */
export interface Envelope {
  from: EmailAddress[] | null
  sender: EmailAddress[] | null
  replyTo: EmailAddress[] | null
  to: EmailAddress[] | null
  cc: EmailAddress[] | null
  bcc: EmailAddress[] | null
  subject: string | null
  /** With its offset, "2026-07-01T09:30:00+02:00". JMAP calls it sentAt. */
  date: string | null
  messageId: string[] | null
  inReplyTo: string[] | null
  references: string[] | null
}

/** Of a field that stands twice, the last counts, as RFC 8621 has it. */
export function envelope(message: Message): Envelope {
  const addresses = (name: string) => lastValue(message, message.root, name, 'Addresses')
  const ids = (name: string) => lastValue(message, message.root, name, 'MessageIds')
  return {
    from: addresses('From'),
    sender: addresses('Sender'),
    replyTo: addresses('Reply-To'),
    to: addresses('To'),
    cc: addresses('Cc'),
    bcc: addresses('Bcc'),
    subject: lastValue(message, message.root, 'Subject', 'Text'),
    date: lastValue(message, message.root, 'Date', 'Date'),
    messageId: ids('Message-ID'),
    inReplyTo: ids('In-Reply-To'),
    references: ids('References'),
  }
}
