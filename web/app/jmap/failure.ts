/** Why a request to the server gave nothing: it did not answer, it ended the session, or it declined with a type. */
export type FailureKind = 'offline' | 'signedOut' | 'declined'

/**
 * A request that failed.
 * `type` is the server's own word where it has one: a method error (RFC 8620 §3.6.2), a SetError (§5.3), a request
 * error (§3.6.1), or the HTTP status.
 */
export class Failure extends Error {
  override name = 'Failure'
  readonly kind: FailureKind
  readonly type: string
  /** What the server says beyond the type, for a program: the argument at fault, or how long to wait. */
  readonly detail: string

  constructor(kind: FailureKind, type: string = kind, detail = '') {
    super(`${kind}: ${type}`)
    this.kind = kind
    this.type = type
    this.detail = detail
  }
}

/** Whether `error` is a failure of this kind, or one the server gave this type. */
export function failedWith(error: unknown, word: FailureKind | string): error is Failure {
  return error instanceof Failure && (error.kind === word || error.type === word)
}
