import { Refusal, type Reason } from '#system'

/** What may stand in place of a method's response. RFC 8620 §3.6.2 and §5. */
export type MethodErrorType =
  | 'accountNotFound'
  | 'accountNotSupportedByMethod'
  | 'accountReadOnly'
  | 'anchorNotFound'
  | 'cannotCalculateChanges'
  | 'forbidden'
  | 'fromAccountNotFound'
  | 'fromAccountNotSupportedByMethod'
  | 'invalidArguments'
  | 'invalidResultReference'
  | 'requestTooLarge'
  | 'serverFail'
  | 'serverPartialFail'
  | 'serverUnavailable'
  | 'stateMismatch'
  | 'tooManyChanges'
  | 'unknownMethod'
  | 'unsupportedFilter'
  | 'unsupportedSort'

/** Why one object was not created, updated or destroyed. RFC 8620 §5.3 and §5.4, RFC 8621 §2.5, §4.6, §4.8, §6.3 and §7.5, RFC 9007 §2.1, RFC 9661 §2.4. */
export type SetErrorType =
  | 'alreadyExists'
  | 'blobNotFound'
  | 'cannotUnsend'
  | 'forbidden'
  | 'forbiddenFrom'
  | 'forbiddenMailFrom'
  | 'forbiddenToSend'
  | 'invalidEmail'
  | 'invalidPatch'
  | 'invalidProperties'
  | 'invalidRecipients'
  | 'invalidSieve'
  | 'mailboxHasChild'
  | 'mailboxHasEmail'
  | 'mdnAlreadySent'
  | 'noRecipients'
  | 'notFound'
  | 'overQuota'
  | 'rateLimit'
  | 'scriptIsActive'
  | 'serverUnavailable'
  | 'singleton'
  | 'tooLarge'
  | 'tooManyKeywords'
  | 'tooManyMailboxes'
  | 'tooManyRecipients'
  | 'willDestroy'

/** Ends a method call. `description` is for developers: English, without anything of the account's content. */
export class MethodError extends Error {
  override name = 'MethodError'
  readonly type: MethodErrorType
  readonly description: string | undefined
  constructor(type: MethodErrorType, description?: string) {
    super(type)
    this.type = type
    this.description = description
  }
  toJSON(): Record<string, unknown> {
    return this.description === undefined ? { type: this.type } : { type: this.type, description: this.description }
  }
}

interface SetErrorDetails {
  /** Names of the properties at fault ('invalidProperties'). */
  properties?: readonly string[]
  existingId?: string
  notFound?: readonly string[]
  maxSize?: number
  /** Addresses at fault ('invalidRecipients'). */
  invalidRecipients?: readonly string[]
  maxRecipients?: number
  /** Of ours: which limit was reached ('rateLimit'), and for how many seconds; why sending is stopped ('forbiddenToSend'). */
  limit?: string
  retryAfterSeconds?: number
  stopped?: 'stolen'
  /** Which check a letter did not pass (docs/jmap-extensions.md). */
  check?: 'infected' | 'dangerousAttachment' | 'scannerSilent'
}

/** Ends the creation, update or destruction of one object. */
export class SetError extends Error {
  override name = 'SetError'
  readonly type: SetErrorType
  readonly description: string | undefined
  readonly details: SetErrorDetails
  constructor(type: SetErrorType, description?: string, details: SetErrorDetails = {}) {
    super(type)
    this.type = type
    this.description = description
    this.details = details
  }
  toJSON(): Record<string, unknown> {
    const { type, description, details } = this
    return { type, ...(description === undefined ? {} : { description }), ...details }
  }
}

/** The one translation of our reasons into JMAP's words: for a whole call, and for one object of it. */
const words: Record<Reason, { method: MethodErrorType; set: SetErrorType }> = {
  addressClosed: { method: 'invalidArguments', set: 'invalidProperties' },
  addressFormer: { method: 'invalidArguments', set: 'invalidProperties' },
  addressTaken: { method: 'invalidArguments', set: 'invalidProperties' },
  addressUnknown: { method: 'invalidArguments', set: 'invalidProperties' },
  badCredentials: { method: 'forbidden', set: 'forbidden' },
  badPattern: { method: 'unsupportedFilter', set: 'invalidProperties' },
  cannotCalculateChanges: { method: 'cannotCalculateChanges', set: 'serverUnavailable' },
  comeAgain: { method: 'serverUnavailable', set: 'rateLimit' },
  dangerousAttachment: { method: 'forbidden', set: 'invalidEmail' },
  domainUnknown: { method: 'invalidArguments', set: 'invalidProperties' },
  exists: { method: 'invalidArguments', set: 'invalidProperties' },
  expired: { method: 'forbidden', set: 'forbidden' },
  folderHasChildren: { method: 'invalidArguments', set: 'mailboxHasChild' },
  folderHasItems: { method: 'invalidArguments', set: 'mailboxHasEmail' },
  forbidden: { method: 'forbidden', set: 'forbidden' },
  infected: { method: 'forbidden', set: 'invalidEmail' },
  invalid: { method: 'invalidArguments', set: 'invalidProperties' },
  loop: { method: 'invalidArguments', set: 'invalidEmail' },
  notFound: { method: 'invalidArguments', set: 'notFound' },
  notTheirAddress: { method: 'forbidden', set: 'forbiddenFrom' },
  overload: { method: 'serverUnavailable', set: 'rateLimit' },
  refused: { method: 'forbidden', set: 'forbidden' },
  scannerSilent: { method: 'serverUnavailable', set: 'serverUnavailable' },
  tooLarge: { method: 'requestTooLarge', set: 'tooLarge' },
  tooManyAttempts: { method: 'serverUnavailable', set: 'rateLimit' },
  tooManyItems: { method: 'requestTooLarge', set: 'overQuota' },
  tooManyRecipients: { method: 'invalidArguments', set: 'tooManyRecipients' },
  unavailable: { method: 'serverUnavailable', set: 'serverUnavailable' },
}

/** What a call that threw answers; undefined for a fault of ours. */
export function methodError(error: unknown): MethodError | undefined {
  if (error instanceof MethodError) return error
  if (!(error instanceof Refusal)) return undefined
  return new MethodError(words[error.reason].method, error.fields.length > 0 ? error.fields.join(', ') : undefined)
}

/** What becomes of one object whose change threw; undefined for a fault of ours, and for what ends the whole call. */
export function setError(error: unknown): SetError | undefined {
  if (error instanceof SetError) return error
  if (!(error instanceof Refusal)) return undefined
  const { set } = words[error.reason]
  return new SetError(set, undefined, set === 'invalidProperties' ? { properties: error.fields } : {})
}

/** Refuses a request as a whole. Problem details, RFC 7807; the types are those of RFC 8620 §3.6.1. */
export class Problem extends Error {
  override name = 'Problem'
  readonly type: string
  readonly status = 400
  readonly detail: string
  readonly limit: string | undefined
  constructor(type: ProblemType, detail: string, limit?: string) {
    super(type)
    this.type = `urn:ietf:params:jmap:error:${type}`
    this.detail = detail
    this.limit = limit
  }
  toJSON(): Record<string, unknown> {
    const { type, status, detail, limit } = this
    return { type, status, detail, ...(limit === undefined ? {} : { limit }) }
  }
}

type ProblemType = 'limit' | 'notJSON' | 'notRequest' | 'unknownCapability'
