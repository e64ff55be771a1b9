/** The command is none: answered BAD, in these words (never with what was sent). RFC 9051 §7.1.3. */
export class BadCommand extends Error {
  override name = 'BadCommand'
  /** A response code such as `TOOBIG`. */
  readonly code: string | undefined
  constructor(text: string, code?: string) {
    super(text)
    this.code = code
  }
}
