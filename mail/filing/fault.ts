import type { Place } from '#formats/sieve'
import type { Limits } from './limits.ts'

/** Why a script ended before its end. The names of limits are what it had too much of. */
export type FaultReason =
  | keyof Limits
  /** Two actions that exclude one another, or one that may come once. */
  | 'conflict'
  | 'mailbox'
  | 'address'
  /** RFC 5435: a method of notification that is not known, or a URI that is none. */
  | 'method'
  | 'field'
  | 'regex'
  | 'zone'
  | 'includeMissing'
  /** Of a script that includes itself. */
  | 'includeCircle'
  /** A command or test that the language has, and nothing here knows. */
  | 'unknown'
  /** RFC 5463 §5: the script itself says so. */
  | 'error'

/** What ends a script while it runs. RFC 5228 §2.10.6. */
export class Fault extends Error {
  override name = 'Fault'
  readonly reason: FaultReason
  /** In the script's own words, for its owner. It may hold what the letter says, so it stays out of logs. */
  readonly text: string | undefined
  /** Set where it is known: by the command or test that it came from. */
  place: Place | undefined
  /** Of an included script. */
  script: string | undefined

  constructor(reason: FaultReason, text?: string) {
    super(reason)
    this.reason = reason
    this.text = text
  }
}
