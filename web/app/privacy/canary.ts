import { sha256 } from '@noble/hashes/sha2.js'

export interface Keyholder {
  name: string
  /** Ed25519, 32 bytes in base64url. */
  key: string
}

/** Who has to sign the canary, how many of them, and for how many days it is good: as the policy in force says. */
export interface Promised {
  needed: number
  days: number
  keyholders: Keyholder[]
}

export interface CanaryStatement {
  host: string
  number: number
  date: string
  goodUntil: string
  says: Record<string, string>
  values: string[]
}

/** What the server publishes at /.well-known/canary.json. */
export interface PublicCanary {
  host: string
  /** The server's time. */
  at: string
  promised: Promised
  canary: { statement: CanaryStatement; signatures: { key: string; value: string }[] } | null
}

/** `isChecked` is false in a browser that does not know Ed25519: it can only go by the time then. */
export interface Verified {
  known: PublicCanary
  signers: string[]
  isChecked: boolean
}

/** As in trust/canary: none is promised; as bad as none; or signed by enough, and still good or no more. */
export type Standing =
  | { state: 'none' }
  | { state: 'missing'; why: 'never' | 'signatures' }
  | { state: 'fresh' | 'stale'; staleAt: Date }

const mostCharacters = 100_000
const dayMs = 86_400_000

/** @returns undefined for what is not of that form: whoever answers so says nothing */
export function readPublicCanary(text: string): PublicCanary | undefined {
  if (text.length > mostCharacters) return undefined
  try {
    const read = JSON.parse(text) as PublicCanary
    const { host, at, promised, canary } = read
    const areKeyholders =
      Number.isInteger(promised.needed) &&
      promised.needed > 0 &&
      promised.days > 0 &&
      promised.keyholders.every(({ name, key }) => isText(name) && isText(key))
    if (!isText(host) || !isTime(at) || !areKeyholders) return undefined
    if (canary === null) return read
    const { statement, signatures } = canary
    const { says, values } = statement
    const isStatement =
      isText(statement.host) &&
      Number.isInteger(statement.number) &&
      isTime(statement.date) &&
      isTime(statement.goodUntil) &&
      Object.values(says).every(isText) &&
      values.every(isText)
    return isStatement && signatures.every(({ key, value }) => isText(key) && isText(value)) ? read : undefined
  } catch {
    return undefined
  }
}

const isText = (value: unknown): value is string => typeof value === 'string'
const isTime = (value: unknown): boolean => isText(value) && !Number.isNaN(Date.parse(value))

/** Checks the signatures with the keys of the keyholders, each of whom counts once (RFC 8032 §5.1.7). */
export async function verifyCanary(known: PublicCanary): Promise<Verified> {
  const { promised, canary } = known
  if (canary === null) return { known, signers: [], isChecked: true }
  const bytes = new TextEncoder().encode(canonical(canary.statement))
  const signers: string[] = []
  try {
    for (const { name, key } of promised.keyholders)
      for (const signature of canary.signatures.filter((one) => one.key === key))
        if (!signers.includes(name) && (await isSigned(bytes, key, signature.value))) signers.push(name)
    return { known, signers, isChecked: true }
  } catch (error) {
    if (!(error instanceof DOMException) || error.name !== 'NotSupportedError') throw error
    return { known, signers: [], isChecked: false }
  }
}

async function isSigned(bytes: BufferSource, key: string, signature: string): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey('raw', fromBase64(key), 'Ed25519', false, ['verify'])
    return await crypto.subtle.verify('Ed25519', imported, fromBase64(signature), bytes)
  } catch (error) {
    if (error instanceof DOMException && error.name === 'NotSupportedError') throw error
    // No key, or no base64: no signature of anybody.
    return false
  }
}

/** How the canary is at a time. Nothing that the server says, or leaves out, makes a canary fresh for longer. */
export function standingAt({ known, signers, isChecked }: Verified, at: Date): Standing {
  const { promised, canary, host } = known
  if (promised.keyholders.length === 0) return { state: 'none' }
  if (canary === null) return { state: 'missing', why: 'never' }
  const { statement } = canary
  if (statement.host !== host || (isChecked && signers.length < promised.needed))
    return { state: 'missing', why: 'signatures' }
  const until = Math.min(Date.parse(statement.goodUntil), Date.parse(statement.date) + promised.days * dayMs)
  return { state: at.getTime() < until ? 'fresh' : 'stale', staleAt: new Date(until) }
}

/** Whether somebody else may sign, or fewer, or for longer than before. */
export const isOtherPromise = (before: Promised, now: Promised): boolean => canonical(before) !== canonical(now)

/** The short form of a key, as keyholders read it out: `4A1F 09C2 77E5 1D80`. */
export const fingerprintOf = (key: string): string =>
  (
    [...sha256(fromBase64(key)).subarray(0, 8)]
      .map((byte) => byte.toString(16).padStart(2, '0'))
      .join('')
      .toUpperCase()
      .match(/.{4}/g) ?? []
  ).join(' ')

/** The form in which it was signed (RFC 8785 §3.2; of numbers whole ones alone). */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'))
  return Uint8Array.from(binary, (character) => character.charCodeAt(0))
}
