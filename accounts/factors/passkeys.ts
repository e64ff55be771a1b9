import { isIP } from 'node:net'
import type {
  AuthenticationResponseJSON,
  AuthenticatorTransport,
  PublicKeyCredentialCreationOptionsJSON,
  PublicKeyCredentialRequestOptionsJSON,
  RegistrationResponseJSON,
} from '@simplewebauthn/server'
import { z } from 'zod'
import { Refusal } from '#system'

/**
 * The ceremonies of passkeys (W3C Web Authentication, Level 3, §7.1 and §7.2), apart from where anything is kept. What comes
 * from a browser is refused as 'badCredentials', whatever is wrong with it.
 */

/** Some 20 MB, which wait for the first ceremony. */
const library = () => import('@simplewebauthn/server')

/** Where a ceremony takes place: scheme, host and port of the page, such as `https://mail.example.org`. */
export interface Ceremony {
  origin: string
  /** 32 random bytes in base64url, good for this ceremony alone. */
  challenge: string
}

/** What is known of a passkey. */
export interface KnownPasskey {
  /** base64url, as the browser gives it. */
  credentialId: string
  /** COSE_Key in base64url. */
  publicKey: string
  /** How the browser reaches it. */
  transports: string[]
  /** Host name for which it was made: it answers to no other. */
  rpId: string
  /** Whether its owner's other devices have it, too. */
  isBackedUp: boolean
}

export type CreationOptions = PublicKeyCredentialCreationOptionsJSON
export type RequestOptions = PublicKeyCredentialRequestOptionsJSON

/** The host name, which a passkey is bound to. */
export const rpIdOf = (origin: string): string => new URL(origin).hostname

/** Whether a page may have passkeys at all: a name is needed, and a line that nobody reads along (§5.1.2, §13.4.9). */
export function canHavePasskeys(origin: string): boolean {
  const { protocol, hostname } = new URL(origin)
  const isAddress = isIP(hostname) !== 0 || hostname.startsWith('[')
  return !isAddress && (protocol === 'https:' || hostname === 'localhost')
}

/** ES256, EdDSA, RS256: what authenticators have (COSE, IANA registry). */
const ALGORITHMS = [-7, -8, -257]

/** A browser shows its window for so long. */
const TIMEOUT_MS = 5 * 60_000

const bytesOf = (base64url: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(base64url, 'base64url'))

/** Text in base64url, as browsers write it; bounded before anything decodes it. */
const bytes = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[\w-]+$/)
const Transports = z.array(z.string().max(32)).max(8)
const Extensions = z.record(z.string(), z.unknown()).default({})
const Head = { id: bytes(1400), rawId: bytes(1400), type: z.literal('public-key'), clientExtensionResults: Extensions }

const Created = z.object({
  ...Head,
  response: z.object({
    clientDataJSON: bytes(4096),
    attestationObject: bytes(16_384),
    transports: Transports.optional(),
  }),
})

const Asserted = z.object({
  ...Head,
  response: z.object({
    clientDataJSON: bytes(4096),
    authenticatorData: bytes(4096),
    signature: bytes(4096),
    userHandle: bytes(128).nullish(),
  }),
})

export type Assertion = z.output<typeof Asserted>

/** What a browser sends of a passkey that is to let somebody in, as far as its form goes. @throws Refusal 'badCredentials' */
export function readAssertion(json: string): Assertion {
  const read = Asserted.safeParse(parsed(json))
  if (!read.success) throw new Refusal('badCredentials')
  return read.data
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

/** What the browser is asked for a new passkey. No attestation: which make it is concerns nobody. */
export async function creationOptions(
  { origin, challenge }: Ceremony,
  { service, user, known }: { service: string; user: { handle: string; name: string }; known: readonly KnownPasskey[] },
): Promise<CreationOptions> {
  const { generateRegistrationOptions } = await library()
  return generateRegistrationOptions({
    rpName: service,
    rpID: rpIdOf(origin),
    userID: bytesOf(user.handle),
    userName: user.name,
    userDisplayName: user.name,
    challenge: bytesOf(challenge),
    timeout: TIMEOUT_MS,
    attestationType: 'none',
    excludeCredentials: known.map(({ credentialId: id, transports }) => ({ id, transports: transportsOf(transports) })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'preferred' },
    supportedAlgorithmIDs: ALGORITHMS,
  })
}

/** @param credential  as the browser gave it: not yet looked at @throws Refusal 'badCredentials' */
export async function verifyCreation(
  { origin, challenge }: Ceremony,
  credential: unknown,
): Promise<KnownPasskey & { counter: number }> {
  const read = Created.safeParse(credential)
  if (!read.success) throw new Refusal('badCredentials')
  const { verifyRegistrationResponse } = await library()
  const verified = await refusing(() =>
    verifyRegistrationResponse({
      response: read.data as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpIdOf(origin),
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
    }),
  )
  if (!verified.verified) throw new Refusal('badCredentials')
  const { credential: made, credentialBackedUp } = verified.registrationInfo
  return {
    credentialId: made.id,
    publicKey: Buffer.from(made.publicKey).toString('base64url'),
    transports: read.data.response.transports ?? [],
    rpId: rpIdOf(origin),
    isBackedUp: credentialBackedUp,
    counter: made.counter,
  }
}

/**
 * What the browser is asked for a passkey that is there.
 * @param known  those that are taken; undefined for any that it has for this host
 * @param mustVerifyUser  whether it is the only thing asked for: then it has to know its owner by a finger, a face or a number
 */
export async function requestOptions(
  { origin, challenge }: Ceremony,
  { known, mustVerifyUser }: { known?: readonly KnownPasskey[] | undefined; mustVerifyUser: boolean },
): Promise<RequestOptions> {
  const { generateAuthenticationOptions } = await library()
  return generateAuthenticationOptions({
    rpID: rpIdOf(origin),
    challenge: bytesOf(challenge),
    timeout: TIMEOUT_MS,
    userVerification: mustVerifyUser ? 'required' : 'preferred',
    ...(known === undefined
      ? {}
      : {
          allowCredentials: known.map(({ credentialId: id, transports }) => ({
            id,
            transports: transportsOf(transports),
          })),
        }),
  })
}

/**
 * Whether a passkey has signed this challenge for this page. A counter that has not gone on tells of a copy, unless the
 * passkey does not count (§6.1.1).
 * @returns the new counter
 * @throws Refusal 'badCredentials'
 */
export async function verifyAssertion(
  { origin, challenge }: Ceremony,
  assertion: Assertion,
  { passkey, mustVerifyUser }: { passkey: KnownPasskey & { counter: number }; mustVerifyUser: boolean },
): Promise<number> {
  const { verifyAuthenticationResponse } = await library()
  const { verified, authenticationInfo } = await refusing(() =>
    verifyAuthenticationResponse({
      response: assertion as AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpIdOf(origin),
      credential: {
        id: passkey.credentialId,
        publicKey: bytesOf(passkey.publicKey),
        counter: passkey.counter,
      },
      requireUserVerification: mustVerifyUser,
    }),
  )
  if (!verified) throw new Refusal('badCredentials')
  return authenticationInfo.newCounter
}

/** The package throws for everything that does not fit, its own words inside: none of them goes further. */
async function refusing<T>(verify: () => Promise<T>): Promise<T> {
  try {
    return await verify()
  } catch {
    throw new Refusal('badCredentials')
  }
}

const transportsOf = (transports: readonly string[]): AuthenticatorTransport[] => transports as AuthenticatorTransport[]
