import { randomBytes } from 'node:crypto'
import { Secret, TOTP } from 'otpauth'
import { normalizeCode } from '../codes/codes.ts'

/**
 * Codes from an app (RFC 6238): SHA-1, six digits, a new one every 30 seconds. Every app knows these values, and several
 * know no others.
 */
const FORM = { algorithm: 'SHA1', digits: 6, period: 30 } as const

/** A code of the step before or after is taken as well: clocks differ, and people type slowly. RFC 6238 §5.2 asks for one at most. */
const STEPS_AROUND = 1

/** As long as what SHA-1 gives. RFC 4226 §4 R6. */
const SECRET_BYTES = 20

/** A new secret, in Base32 as people type it into an app. */
export const newTotpSecret = (): string =>
  new Secret({ buffer: Uint8Array.from(randomBytes(SECRET_BYTES)).buffer }).base32

/** What an app reads from a QR code. @param issuer  the service @param label  the account */
export const totpUri = (secret: string, { issuer, label }: { issuer: string; label: string }): string =>
  new TOTP({ ...FORM, secret, issuer, label }).toString()

/**
 * Which step's code this is.
 * @param secret  in Base32
 * @param lastStep  of the last code that was taken: neither that one nor an earlier one is taken again (RFC 6238 §5.2)
 * @returns undefined when it is none
 */
export function totpStep(
  secret: string,
  typed: string,
  { atMs, lastStep }: { atMs: number; lastStep: number },
): number | undefined {
  const token = normalizeCode(typed)
  if (!/^\d{6}$/.test(token)) return undefined
  const delta = new TOTP({ ...FORM, secret }).validate({ token, timestamp: atMs, window: STEPS_AROUND })
  if (delta === null) return undefined
  const step = Math.floor(atMs / 1000 / FORM.period) + delta
  return step > lastStep ? step : undefined
}

/** Before every code. */
export const NO_STEP = -1
