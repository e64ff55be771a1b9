/** An authenticator of passkeys in software, which can be told to lie. W3C Web Authentication, Level 3, §6. */
import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

export interface Ceremony {
  origin: string
  challenge: string
}

/** What differs from an honest answer. */
export interface Lie {
  origin?: string
  rpId?: string
  challenge?: string
  type?: string
  /** Flags of §6.1: 1 the user was there, 4 the user was verified. */
  flags?: number
  counter?: number
  userHandle?: string | undefined
  id?: string
}

export interface SoftAuthenticator {
  credentialId: string
  create(ceremony: Ceremony, lie?: Lie): Record<string, unknown>
  get(ceremony: Ceremony & { userHandle?: string }, lie?: Lie): Record<string, unknown>
}

const b64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')
const sha256 = (bytes: string | Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

const PRESENT = 0x01
const VERIFIED = 0x04
const HAS_KEY = 0x40

/** @param counts  whether it counts its signatures, as keys do and passkeys that are shared among devices do not */
export function openAuthenticator({ counts = true } = {}): SoftAuthenticator {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(32)
  let counter = 0

  const authData = ({ origin }: Ceremony, lie: Lie, more: Buffer = Buffer.alloc(0)): Buffer => {
    const count = Buffer.alloc(4)
    counter += counts ? 1 : 0
    count.writeUInt32BE(lie.counter ?? counter)
    const flags = (lie.flags ?? PRESENT | VERIFIED) | (more.length > 0 ? HAS_KEY : 0)
    return Buffer.concat([sha256(lie.rpId ?? new URL(origin).hostname), Buffer.from([flags]), count, more])
  }
  const clientData = (type: string, ceremony: Ceremony, lie: Lie): Buffer =>
    Buffer.from(
      JSON.stringify({
        type: lie.type ?? type,
        challenge: lie.challenge ?? ceremony.challenge,
        origin: lie.origin ?? ceremony.origin,
        crossOrigin: false,
      }),
    )
  const whole = (lie: Lie, response: object): Record<string, unknown> => ({
    id: lie.id ?? b64(id),
    rawId: lie.id ?? b64(id),
    type: 'public-key',
    clientExtensionResults: {},
    response,
  })

  return {
    credentialId: b64(id),
    create(ceremony, lie = {}) {
      // COSE_Key of ES256: kty 2, alg -7, crv 1, x, y, in CBOR.
      const coordinate = (base64url: string): Buffer =>
        Buffer.concat([Buffer.from([0x58, 32]), Buffer.from(base64url, 'base64url')])
      const cose = Buffer.concat([
        Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]),
        coordinate(x),
        Buffer.from([0x22]),
        coordinate(y),
      ])
      const attested = Buffer.concat([Buffer.alloc(16), Buffer.from([0, id.length]), id, cose])
      const data = authData(ceremony, lie, attested)
      const attestationObject = Buffer.concat([
        Buffer.from([0xa3]),
        text('fmt'),
        text('none'),
        text('attStmt'),
        Buffer.from([0xa0]),
        text('authData'),
        Buffer.from([0x58, data.length]),
        data,
      ])
      return whole(lie, {
        clientDataJSON: b64(clientData('webauthn.create', ceremony, lie)),
        attestationObject: b64(attestationObject),
        transports: ['usb'],
      })
    },
    get(ceremony, lie = {}) {
      const client = clientData('webauthn.get', ceremony, lie)
      const data = authData(ceremony, lie)
      const userHandle = 'userHandle' in lie ? lie.userHandle : ceremony.userHandle
      return whole(lie, {
        clientDataJSON: b64(client),
        authenticatorData: b64(data),
        signature: b64(sign('sha256', Buffer.concat([data, sha256(client)]), privateKey)),
        ...(userHandle === undefined ? {} : { userHandle }),
      })
    },
  }
}

/** A short text in CBOR. */
const text = (value: string): Buffer => Buffer.concat([Buffer.from([0x60 + value.length]), Buffer.from(value)])
