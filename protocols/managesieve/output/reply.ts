import { SieveError } from '#formats/sieve'
import { complaintOf } from '#mail/scripts'
import { type Reason, Refusal } from '#system'
import { string } from './string.ts'

/** RFC 5804 §1.3: codes that say more than that something went wrong. */
type Code =
  | 'ACTIVE'
  | 'ALREADYEXISTS'
  | 'AUTH-TOO-WEAK'
  | 'ENCRYPT-NEEDED'
  | 'NONEXISTENT'
  | 'QUOTA'
  | 'QUOTA/MAXSCRIPTS'
  | 'QUOTA/MAXSIZE'
  | 'TRYLATER'
  | 'WARNINGS'
  | ['SASL' | 'TAG', string]

/** How a command ended. RFC 5804 §1.2. */
export interface Reply {
  kind: 'OK' | 'NO' | 'BYE'
  text: string
  code?: Code | undefined
  /** What comes before it: whole lines. */
  lines?: readonly string[]
  /** No client says such a thing. */
  isMistake?: boolean
}

export const ok = (text: string, more: Pick<Reply, 'code' | 'lines'> = {}): Reply => ({ kind: 'OK', text, ...more })
export const no = (text: string, code?: Code): Reply => ({ kind: 'NO', text, code })
export const bye = (text: string, code?: Code): Reply => ({ kind: 'BYE', text, code })

export function wireOf({ kind, code, text, lines = [] }: Reply): string {
  const named = Array.isArray(code) ? `${code[0]} ${string(code[1])}` : code
  return `${lines.join('')}${kind}${named === undefined ? '' : ` (${named})`} ${string(text)}\r\n`
}

/** A command that cannot be carried out, in words of its own. */
export class Declined extends Error {
  override name = 'Declined'
  readonly reply: Reply
  constructor(text: string, code?: Code) {
    super(text)
    this.reply = no(text, code)
  }
}

/** What our refusals are in ManageSieve. */
const REFUSALS: Partial<Record<Reason, Reply>> = {
  badCredentials: no('Address and password do not go together'),
  exists: no('There is a script by that name already', 'ALREADYEXISTS'),
  forbidden: no('That is not allowed'),
  invalid: no('That is no name for a script'),
  notFound: no('There is no script by that name', 'NONEXISTENT'),
  overload: no('Busy, please try again later', 'TRYLATER'),
  tooLarge: no('The script is too large', 'QUOTA/MAXSIZE'),
  tooManyAttempts: no('Too many attempts, please wait before the next', 'TRYLATER'),
  tooManyItems: no('There are as many scripts as there may be', 'QUOTA/MAXSCRIPTS'),
}

const UNAVAILABLE = no('That cannot be done just now, please try again later', 'TRYLATER')

/** What is said of what was thrown; undefined for a fault of ours. */
export function replyTo(error: unknown): Reply | undefined {
  if (error instanceof Declined) return error.reply
  if (error instanceof SieveError) return no(complaintOf(error))
  if (error instanceof Refusal) return REFUSALS[error.reason] ?? UNAVAILABLE
  return undefined
}
