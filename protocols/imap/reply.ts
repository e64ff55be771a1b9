import type { Reason, Refusal } from '#system'

/** How a command ended: its tagged response. RFC 9051 §7.1. */
export interface Completion {
  status: 'OK' | 'NO' | 'BAD'
  /** A response code without its brackets. */
  code?: string | undefined
  text: string
}

export const ok = (text: string, code?: string): Completion => ({ status: 'OK', code, text })
export const no = (text: string, code?: string): Completion => ({ status: 'NO', code, text })
export const bad = (text: string, code?: string): Completion => ({ status: 'BAD', code, text })

export const lineOf = ({ status, code, text }: Completion): string =>
  `${status} ${code === undefined ? '' : `[${code}] `}${text}\r\n`

/** A command that cannot be carried out, in words of its own. */
export class Declined extends Error {
  override name = 'Declined'
  readonly completion: Completion
  constructor(text: string, code?: string) {
    super(text)
    this.completion = no(text, code)
  }
}

/** What our refusals are in IMAP: response codes of RFC 9051 §7.1, RFC 5530 and RFC 9208. */
const REFUSALS: Partial<Record<Reason, Completion>> = {
  badCredentials: no('Address and password do not go together', 'AUTHENTICATIONFAILED'),
  badPattern: bad('The pattern cannot be read'),
  cannotCalculateChanges: no('What has changed since is no longer known'),
  exists: no('There is one by that name already', 'ALREADYEXISTS'),
  expired: no('It has expired', 'EXPIRED'),
  folderHasChildren: no('There are mailboxes in it', 'HASCHILDREN'),
  folderHasItems: no('There are messages in it', 'INUSE'),
  forbidden: no('That is not allowed', 'NOPERM'),
  invalid: no('That is not a valid name or value', 'CANNOT'),
  notFound: no('There is no such mailbox', 'NONEXISTENT'),
  overload: no('Busy, please try again later', 'UNAVAILABLE'),
  tooLarge: no('The message is too large', 'TOOBIG'),
  tooManyAttempts: no('Too many attempts, please wait before the next', 'UNAVAILABLE'),
  tooManyItems: no('That is more than there may be', 'LIMIT'),
}

const UNAVAILABLE = no('That cannot be done just now, please try again later', 'UNAVAILABLE')

export const completionOf = (refusal: Refusal): Completion => REFUSALS[refusal.reason] ?? UNAVAILABLE
