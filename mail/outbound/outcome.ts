import type { PreparedLetter } from './letter.ts'

/** How an attempt went for one recipient. */
export interface Outcome {
  state: 'delivered' | 'failed' | 'later'
  /** RFC 3463, such as `5.1.1`. */
  status: string
  /** In the words of SMTP, ours or the other server's, one line, such as `550 5.1.1 No such mailbox`. */
  reply: string
  /** What went wrong, where we found out ourselves; undefined when the other server said it. */
  trouble?: Trouble | undefined
  /** The server that was asked. */
  host?: string | undefined
  /**
   * Where a delivered letter is: in a mailbox here, with a server that sends notifications itself, or with one that will
   * not say how it went on (RFC 3461 §5.2.2).
   */
  how?: 'filed' | 'passed' | 'relayed' | undefined
  /** In its place, a letter to somebody else: it is put into the queue with the word that this one is done with. */
  onward?: PreparedLetter | undefined
}

/** What we find out ourselves. The sender reads of it in `notice/texts.ts`, in words. */
export const TROUBLES = {
  noSuchDomain: ['failed', '5.1.2', '550', 'There is no such domain'],
  takesNoMail: ['failed', '5.1.10', '556', 'The domain takes no mail'],
  loop: ['failed', '5.4.6', '554', 'The way to the domain leads back to this server'],
  tooManyHops: ['failed', '5.4.6', '554', 'The message has passed through too many servers'],
  needsUtf8: ['failed', '5.6.7', '553', 'The other server cannot take addresses or headers in UTF-8'],
  needsEightBit: ['failed', '5.6.3', '554', 'The other server takes seven-bit text only'],
  tooLargeThere: ['failed', '5.3.4', '552', 'The message is larger than the other server takes'],
  notHere: ['failed', '5.1.1', '550', 'No such mailbox here'],
  refusedHere: ['failed', '5.7.1', '550', 'The recipient does not take this message'],
  nameServersSilent: ['later', '4.4.3', '451', 'No name server could say where the domain takes mail'],
  unreachable: ['later', '4.4.1', '451', 'The other server does not answer'],
  brokeOff: ['later', '4.4.2', '451', 'The connection to the other server broke off'],
  notEncrypted: ['later', '4.7.5', '451', 'The server we send through could not prove who it is'],
  notProven: ['later', '4.7.5', '451', 'The other server could not prove who it is, as its domain wants it to'],
  requiresTls: ['failed', '5.7.30', '550', 'REQUIRETLS support required'],
  notSignedIn: ['later', '4.7.8', '451', 'The server we send through did not let us sign in'],
  noOwnAddress: [
    'later',
    '4.3.5',
    '451',
    'No address of this server that is set for the destination reaches the other one',
  ],
  suspended: ['later', '4.7.1', '451', 'The account may not send at present'],
  fault: ['later', '4.3.0', '451', 'Something failed here that should not'],
  unavailableHere: ['later', '4.3.0', '451', 'The mailbox could not take the message now'],
} as const satisfies Record<string, readonly [state: Outcome['state'], status: string, code: string, text: string]>

export type Trouble = keyof typeof TROUBLES

/** Why a recipient waits: something that we found out, or that the other server said it could not take it now. */
export type Deferral = Trouble | 'theirAnswer'

export const DEFERRALS: readonly Deferral[] = [...(Object.keys(TROUBLES) as Trouble[]), 'theirAnswer']

export function outcomeOf(trouble: Trouble, host?: string): Outcome {
  const [state, status, code, text] = TROUBLES[trouble]
  return { state, status, reply: `${code} ${status} ${text}`, trouble, host }
}

/** Something by which an attempt ends for all of its recipients. */
export class DeliveryTrouble extends Error {
  override name = 'DeliveryTrouble'
  readonly outcome: Outcome
  constructor(outcome: Outcome, options?: ErrorOptions) {
    super(outcome.status, options)
    this.outcome = outcome
  }
}

/** Characters of a reply that are kept. */
const LONGEST_REPLY = 500

/**
 * A reply of another server as an outcome.
 * @param isRecipient  whether it answered RCPT, where "too many recipients" means: send the rest apart (RFC 5321 §4.5.3.1.10)
 */
export function outcomeOfReply(reply: string, host: string, isRecipient = false): Outcome {
  const line = oneLine(reply)
  const [, code = '', status] = /^(\d{3})(?: ([245]\.\d{1,3}\.\d{1,3})\b)?/.exec(line) ?? []
  const isTooMany = isRecipient && (code === '452' || (code === '552' && (status ?? '5.5.3') === '5.5.3'))
  // 503 says that the two of us are out of step, not that the letter is refused.
  const isFinal = code.startsWith('5') && code !== '503' && !isTooMany
  const kind = code.startsWith('2') ? '2' : isFinal ? '5' : '4'
  return {
    state: kind === '2' ? 'delivered' : isFinal ? 'failed' : 'later',
    status: status?.startsWith(kind) === true ? status : `${kind}.0.0`,
    reply: line,
    host,
  }
}

/** What came from outside as one bounded line without control characters; codes are repeated on each line of a reply. */
const oneLine = (reply: string): string =>
  reply
    .slice(0, 4 * LONGEST_REPLY)
    .replace(/\r?\n\d{3}[ -](?:\d\.\d{1,3}\.\d{1,3} )?/g, ' ')
    .replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .replace(/^(\d{3})-/, '$1 ')
    .trim()
    .slice(0, LONGEST_REPLY)
