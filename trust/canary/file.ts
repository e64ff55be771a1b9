import { z } from 'zod'
import { Refusal } from '#system'
import { Statement } from './statement.ts'

/** More than any statement of ours with all its signatures. */
export const MOST_BYTES = 64 * 1024

/** More than there may be keyholders. */
const MOST_SIGNATURES = 20

/** Bytes in base64url, in the one spelling they have: else the same key could sign twice under two names. */
const bytes = (count: number) =>
  z
    .string()
    .max(200)
    .refine((text) => {
      const read = Buffer.from(text, 'base64url')
      return read.length === count && read.toString('base64url') === text
    }, `wanted are ${count} bytes in base64url`)

export const Signature = z.strictObject({
  algorithm: z.literal('Ed25519'),
  /** The keyholder's public key (RFC 8037 §2). */
  key: bytes(32),
  value: bytes(64),
})

export const Signatures = z.array(Signature).max(MOST_SIGNATURES)

export const CanaryFile = z.strictObject({ statement: Statement, signatures: Signatures })

export type Signature = z.output<typeof Signature>

/** A canary on its way from the server to its keyholders and back, and as it is published. */
export type CanaryFile = z.output<typeof CanaryFile>

/** @throws Refusal 'invalid' with what is wrong with the file */
export function readCanaryFile(text: string): CanaryFile {
  const read = CanaryFile.safeParse(Buffer.byteLength(text) > MOST_BYTES ? undefined : parse(text))
  if (read.success) return read.data
  const [first] = read.error.issues
  const where = first === undefined || first.path.length === 0 ? '' : ` (${first.path.join('.')}: ${first.message})`
  throw new Refusal('invalid', { fields: [`This is no canary as "zegel canary prepare" makes it${where}.`] })
}

function parse(text: string): unknown {
  try {
    // A name that is skipped when a form is checked would be in what is signed.
    return JSON.parse(text, (name, value: unknown) => {
      if (name === '__proto__') throw new SyntaxError('a name that no object of ours has')
      return value
    })
  } catch {
    return undefined
  }
}

export const writeCanaryFile = (file: CanaryFile): string => `${JSON.stringify(file, null, 2)}\n`
