import { isAscii } from 'node:buffer'
import { timingSafeEqual } from 'node:crypto'
import { parseAddress, type Address } from '#formats/message'
import { nowMs } from '#system'
import type { ServiceKey, Storage } from '#storage'

/**
 * The Sender Rewriting Scheme, which no RFC has (Wong and Mengwong, "Mail forwarding with SRS", 2004): SPF passes for the domain that
 * passes a letter on, and what cannot be delivered goes back the way it came.
 *
 *     SRS0=hash=day=host=local@domain           bea@host wrote to domain
 *     SRS1=hash=host==rest@domain               a letter that came from SRS0=rest@host
 */
const FIRST = /^SRS0([=+-].*)$/is
const FURTHER = /^SRS1[=+-]([^=]*)=([^=]+)=(.*)$/is
const OWN_FIRST = /^SRS0=([^=]+)=([^=]+)=([^=]+)=(.+)$/is

/** In Base32, which keeps its meaning where a server writes addresses in lower case. */
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** Of 30 bits: who guesses one may have a bounded notice written to somebody, and no more. */
const HASH_LENGTH = 6

/** How long such an address leads back: servers give up after five days or so. */
const GOOD_FOR_DAYS = 21

const DAY_MS = 86_400_000

/** Days come round again after this many: two characters. */
const ROUND = 32 * 32

/** Whether an address has the form of those that lead back; whether it does, `senderOf` says. */
export const isReturnAddress = ({ local }: Pick<Address, 'local'>): boolean => FIRST.test(local) || FURTHER.test(local)

/**
 * The envelope sender of a letter that is passed on.
 * @param domain  that it was written to
 * @param sender  its envelope sender
 * @returns '' (the null sender) where there is none, or where it does not fit into an address: beyond 64 octets (RFC 5321 §4.5.3.1.1) or ASCII
 */
export async function returnAddress(storage: Storage, domain: string, sender: string): Promise<string> {
  const parsed = parseAddress(sender)
  if (parsed === undefined || !isAscii(Buffer.from(parsed.address)) || parsed.domain.startsWith('[')) return ''
  const key = await storage.keys.serviceKey('forwarding')
  const address = `${localFor(key, domain, parsed)}@${domain}`
  return parseAddress(address)?.address === address ? address : ''
}

function localFor(key: ServiceKey, domain: string, { local, domain: host }: Address): string {
  const [, further] = FIRST.exec(local) ?? []
  // Whoever rewrites a rewritten address leads past those in between.
  const [, , first, rest] = FURTHER.exec(local) ?? []
  if (further !== undefined) return furtherLocal(key, domain, host, further)
  if (first !== undefined && rest !== undefined) return furtherLocal(key, domain, first, rest)
  const day = dayOf(nowMs())
  return `SRS0=${hashOf(key, domain, [day, host, local])}=${day}=${host}=${local}`
}

const furtherLocal = (key: ServiceKey, domain: string, host: string, rest: string): string =>
  `SRS1=${hashOf(key, domain, [host, rest])}=${host}=${rest}`

/**
 * To whom an address leads back.
 * @returns undefined when it is none that we have made, or one that is too old
 */
export async function senderOf(storage: Storage, { local, domain }: Address): Promise<string | undefined> {
  const key = await storage.keys.serviceKey('forwarding')
  const [, hash, day, host, name] = OWN_FIRST.exec(local) ?? []
  if (hash !== undefined && day !== undefined && host !== undefined && name !== undefined)
    return isRight(key, domain, hash, [day, host, name]) && isFresh(day)
      ? parseAddress(`${name}@${host}`)?.address
      : undefined
  // An SRS1 says no day: that which it leads to does.
  const [, itsHash, first, rest] = FURTHER.exec(local) ?? []
  if (itsHash === undefined || first === undefined || rest === undefined) return undefined
  return isRight(key, domain, itsHash, [first, rest]) ? parseAddress(`SRS0${rest}@${first}`)?.address : undefined
}

/** Case does not count: there are servers that write addresses in lower case. */
function hashOf(key: ServiceKey, domain: string, parts: readonly string[]): string {
  const bytes = key.hash(['return', domain, ...parts].join('\0').toLowerCase())
  return Array.from(bytes.subarray(0, HASH_LENGTH), (byte) => BASE32[byte % 32]).join('')
}

const isRight = (key: ServiceKey, domain: string, hash: string, parts: readonly string[]): boolean => {
  const [given, right] = [Buffer.from(hash.toUpperCase()), Buffer.from(hashOf(key, domain, parts))]
  return given.length === right.length && timingSafeEqual(given, right)
}

function dayOf(timeMs: number): string {
  const day = Math.floor(timeMs / DAY_MS) % ROUND
  return `${BASE32[Math.floor(day / 32)]}${BASE32[day % 32]}`
}

function isFresh(day: string): boolean {
  const [high, low] = [...day.toUpperCase()].map((letter) => BASE32.indexOf(letter))
  if (day.length !== 2 || high === undefined || low === undefined || high < 0 || low < 0) return false
  const today = Math.floor(nowMs() / DAY_MS) % ROUND
  // A day's worth of clocks that differ.
  return (today - (high * 32 + low) + ROUND + 1) % ROUND <= GOOD_FOR_DAYS + 1
}
