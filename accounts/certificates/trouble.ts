/** Why a certificate is not as it should be. Each has its sentence in `trust/operations/texts`. */
export const TROUBLES = [
  /** A name has no address in the DNS, or leads elsewhere: nobody was asked for a certificate. */
  'unknown',
  'elsewhere',
  /** No name server answered. */
  'dnsSilent',
  /** The authority could not fetch what we answer on port 80. */
  'unreached',
  /** A CAA record forbids it to issue (RFC 8659). */
  'forbidden',
  /** Too many orders: it wants to be left alone for a while. */
  'limited',
  /** It wants an account with it (External Account Binding), or another than the settings name. */
  'account',
  /** It declines for another reason. */
  'refused',
  /** It does not answer, or not in time. */
  'silent',
  /** What it answers is not what RFC 8555 says, or no certificate for what was asked. */
  'nonsense',
] as const
export type Trouble = (typeof TROUBLES)[number]

/** An order that came to nothing. */
export class OrderFailed extends Error {
  override name = 'OrderFailed'
  readonly trouble: Trouble
  /** Which of the names it was about, where that is known. */
  readonly names: readonly string[]
  constructor(trouble: Trouble, names: readonly string[] = [], options?: ErrorOptions) {
    super(trouble, options)
    this.trouble = trouble
    this.names = names
  }
}

/** Types of problems (RFC 8555 §6.7), by the word that follows `urn:ietf:params:acme:error:`. */
const BY_TYPE: Readonly<Record<string, Trouble>> = {
  caa: 'forbidden',
  rateLimited: 'limited',
  externalAccountRequired: 'account',
  userActionRequired: 'account',
  accountDoesNotExist: 'account',
  unauthorized: 'unreached',
  connection: 'unreached',
  dns: 'unreached',
  incorrectResponse: 'unreached',
  tls: 'unreached',
  serverInternal: 'silent',
}

export const troubleOfType = (type: string): Trouble => BY_TYPE[type] ?? 'refused'
