import type { Reason, Refusal } from '#system'

/** How a command ended. RFC 1939 §3. */
export interface Reply {
  isOk: boolean
  /** A response code without its brackets. RFC 2449 §8. */
  code?: string | undefined
  text: string
  /** What a multi-line response has after its first line, in pieces: whole lines, dots already stuffed, no last line. */
  lines?: Iterable<string> | AsyncIterable<Uint8Array>
  /** No client says such a thing. */
  isMistake?: boolean
}

export const ok = (text: string, lines?: Reply['lines']): Reply =>
  lines === undefined ? { isOk: true, text } : { isOk: true, text, lines }
export const err = (text: string, code?: string): Reply => ({ isOk: false, code, text })

/** Never of more than 512 octets (RFC 1939 §3): all texts are ours. */
export const lineOf = ({ isOk, code, text }: Reply): string =>
  `${isOk ? '+OK' : '-ERR'} ${code === undefined ? '' : `[${code}] `}${text}\r\n`

/** A command that cannot be carried out, in words of its own. */
export class Declined extends Error {
  override name = 'Declined'
  readonly reply: Reply
  constructor(text: string, code?: string) {
    super(text)
    this.reply = err(text, code)
  }
}

/**
 * What our refusals are in POP3: AUTH for who should look at what they signed in with, SYS/TEMP for what passes by itself
 * (RFC 3206 §4).
 */
const REFUSALS: Partial<Record<Reason, Reply>> = {
  badCredentials: err('Address and password do not go together', 'AUTH'),
  forbidden: err('That is not allowed'),
  notFound: err('There is no such message any more'),
  overload: err('Busy, please try again later', 'SYS/TEMP'),
  tooManyAttempts: err('Too many attempts, please wait before the next', 'SYS/TEMP'),
}

const UNAVAILABLE = err('That cannot be done just now, please try again later', 'SYS/TEMP')

export const replyOf = (refusal: Refusal): Reply => REFUSALS[refusal.reason] ?? UNAVAILABLE
