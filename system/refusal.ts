/** Why a request was declined, in our words. Each protocol has one table that translates them. */
export type Reason =
  | 'addressClosed'
  | 'addressFormer'
  | 'addressTaken'
  | 'addressUnknown'
  | 'badCredentials'
  | 'badPattern'
  | 'cannotCalculateChanges'
  | 'comeAgain'
  | 'dangerousAttachment'
  | 'domainUnknown'
  | 'expired'
  | 'exists'
  | 'folderHasChildren'
  | 'folderHasItems'
  | 'forbidden'
  | 'infected'
  | 'invalid'
  | 'loop'
  | 'notFound'
  | 'notTheirAddress'
  | 'overload'
  | 'refused'
  | 'scannerSilent'
  | 'tooLarge'
  | 'tooManyAttempts'
  | 'tooManyItems'
  | 'tooManyRecipients'
  | 'unavailable'

/** A request understood and declined. Not a fault, so not logged as one. Anything else thrown is. */
export class Refusal extends Error {
  override name = 'Refusal'
  readonly reason: Reason
  /** Whole seconds after which it makes sense to ask again, where that is known. */
  readonly retryAfterSeconds: number | undefined
  /** The names of the fields at fault, never their values. */
  readonly fields: readonly string[]
  /** In the words of who declines, on one line of ASCII, where they have said some. */
  readonly words: string | undefined
  constructor(
    reason: Reason,
    options: ErrorOptions & { retryAfterSeconds?: number; fields?: readonly string[]; words?: string } = {},
  ) {
    super(reason, options)
    this.reason = reason
    this.retryAfterSeconds = options.retryAfterSeconds
    this.fields = options.fields ?? []
    this.words = options.words
  }
}
