import { Refusal } from '#system'

/**
 * What can be wrong with a message that somebody wants to send, worded for whoever wrote it or the program they wrote it
 * with. The names stand in the `fields` of Refusal 'invalid'.
 */
export const FAULTS = {
  nul: 'The message holds a NUL character.',
  lineEnd: 'A line of the message ends with CR or LF alone; lines end with CRLF.',
  longLine: 'A line of the message is longer than 998 octets.',
  header: 'The header is broken: a line in it is neither a field nor the continuation of one.',
  repeated: 'A field that may stand once stands more often.',
  from: 'The From field is missing, or is not a list of addresses.',
  sender: 'The Sender field is not one address.',
  addresses: 'A field of addresses cannot be written.',
  subject: 'The subject cannot be written.',
  loop: 'The message has passed through too many servers.',
  mailFrom: 'The sender is not a valid address.',
  recipients: 'There is no recipient, or one that is not a valid address.',
  sendAt: 'The time to wait for is none, is given in two ways, or is too far away.',
} as const

export type Fault = keyof typeof FAULTS

export const faulty = (fault: Fault): Refusal => new Refusal('invalid', { fields: [fault] })
