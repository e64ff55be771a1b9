import { isIP } from 'node:net'
import { Refusal, type Config, type Reach } from '#system'

/** TLS from the first byte, TLS before anything is said, or none: between programs of one machine, in a trial. */
export const SECURITIES = ['tls', 'starttls', 'none'] as const
export type Security = (typeof SECURITIES)[number]

/** An account at another provider. */
export interface Origin {
  host: string
  port: number
  security: Security
  user: string
  password: string
}

/** What is spoken there: no other port of a stranger's machine is knocked at. The higher ones are those of our own server's settings. */
export const PORTS = {
  imap: new Set([143, 993, 2143, 2993]),
  pop3: new Set([110, 995, 2110, 2995]),
} as const satisfies Record<string, ReadonlySet<number>>

export type Protocol = keyof typeof PORTS
export const PROTOCOLS = Object.keys(PORTS) as [Protocol, ...Protocol[]]

/** What will be refused is refused at once, while whoever gave it still looks. @throws Refusal 'invalid' */
export function checkPort({ fetch: { allow } }: Pick<Config, 'fetch'>, port: number, protocol: Protocol): void {
  const ports: ReadonlySet<number> = PORTS[protocol]
  if (!ports.has(port) && !allow.some((one) => one.endsWith(`:${port}`)))
    throw new Refusal('invalid', { fields: ['port'] })
}

/** Why the other side was not reached, or did not keep to its protocol: another attempt may go better. */
export class Broken extends Error {
  override name = 'Broken'
  /** The letter itself cannot be taken: no other attempt would change that. */
  readonly isFinal: boolean
  constructor(cause?: unknown, isFinal = false) {
    super('the line to the other provider broke', { cause })
    this.isFinal = isFinal
  }
}

/** What has to be known to go there. */
export interface Way {
  reach: Reach
  /** Whether nothing need be sealed on the way to this machine itself. */
  cleartextOnLoopback: Config['cleartextOnLoopback']
}

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1)$/

/**
 * The addresses to try, one after the other.
 * @throws Refusal 'invalid' with the reason for the person as its field; Broken when nobody knows the host
 */
async function addressesOf(
  { reach, cleartextOnLoopback }: Way,
  { host, port, security }: Origin,
  protocol: Protocol,
): Promise<string[]> {
  const found = await reach.addresses(host, port, PORTS[protocol]).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'forbidden')
      throw new Refusal('invalid', { cause: error, fields: ['host'] })
    throw new Broken(error)
  })
  if (security === 'none' && !(cleartextOnLoopback && found.every((address) => LOOPBACK.test(address))))
    throw new Refusal('invalid', { fields: ['clear'] })
  return found
}

/** The name that its certificate has to have; an address needs none. */
export const certificateName = ({ host }: Origin): string | undefined => (isIP(host) === 0 ? host : undefined)

/** Codes by which Node says that a certificate is not to be believed. */
const CERTIFICATE = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|UNABLE_TO_GET_ISSUER|HOSTNAME_MISMATCH/

/** What keeps us from going on for good is said to the person; anything else may be over the next time. */
export function failureOf(error: unknown): Refusal | Broken {
  if (error instanceof Refusal || error instanceof Broken) return error
  const { code = '' } = error as NodeJS.ErrnoException
  if (CERTIFICATE.test(code)) return new Refusal('invalid', { cause: error, fields: ['certificate'] })
  return new Broken(error)
}

/**
 * Opens a session at the first of its addresses where that succeeds.
 * @throws Refusal 'invalid' with the reason for the person as its field: whoever answers at one address answers for all of them; Broken
 */
export async function openAt<Session>(
  way: Way,
  origin: Origin,
  protocol: Protocol,
  open: (address: string) => Promise<Session>,
): Promise<Session> {
  let failure = new Broken()
  for (const address of await addressesOf(way, origin, protocol))
    try {
      return await open(address)
    } catch (error) {
      const known = failureOf(error)
      if (known instanceof Refusal) throw known
      failure = known
    }
  throw failure
}
