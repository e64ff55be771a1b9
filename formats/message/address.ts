import { isIPv4, isIPv6 } from 'node:net'
import { domainToASCII } from 'node:url'

/** An address that mail can be sent to (RFC 5321 §4.1.2, RFC 6531). */
export interface Address {
  /** Without quotes, NFC, case kept: only its own server knows whether case matters. */
  readonly local: string
  /** Lower-case A-labels, or an address literal such as "[192.0.2.1]". */
  readonly domain: string
  /** Local part, quoted where it must be, "@" and domain. */
  readonly address: string
}

// RFC 5321 §4.5.3.1: octets of the local part, of the domain, and of a path less its brackets.
const MAX_LOCAL_BYTES = 64
const MAX_DOMAIN_BYTES = 255
const MAX_ADDRESS_BYTES = 254

// atext of RFC 5322 §3.2.3 with the UTF-8 of RFC 6532 §3.2; control characters and unpaired surrogates are no text.
const ATOMS =
  /^[\w!#$%&'*+\-/=?^`{|}~\u{a0}-\u{d7ff}\u{e000}-\u{10ffff}]+(?:\.[\w!#$%&'*+\-/=?^`{|}~\u{a0}-\u{d7ff}\u{e000}-\u{10ffff}]+)*$/u
const QUOTED = /^"((?:[ !#-[\]-~\u{a0}-\u{d7ff}\u{e000}-\u{10ffff}]|\\[ -~])*)"$/u
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/

/**
 * Reads one address strictly: no name, no brackets, no comments, no white space around it.
 * @returns undefined when it is not one that SMTP can carry
 */
export function parseAddress(text: string): Address | undefined {
  if (text.length > MAX_ADDRESS_BYTES) return undefined
  const at = text.lastIndexOf('@')
  const local = parseLocal(text.slice(0, Math.max(at, 0)))
  const domain = parseDomain(text.slice(at + 1))
  if (local === undefined || domain === undefined) return undefined
  const written = ATOMS.test(local) ? local : `"${local.replace(/["\\]/g, String.raw`\$&`)}"`
  const address = `${written}@${domain}`
  return Buffer.byteLength(address) > MAX_ADDRESS_BYTES ? undefined : { local, domain, address }
}

function parseLocal(text: string): string | undefined {
  if (Buffer.byteLength(text) > MAX_LOCAL_BYTES) return undefined
  const quoted = QUOTED.exec(text)?.[1]
  if (quoted === undefined && !ATOMS.test(text)) return undefined
  return (quoted?.replace(/\\(.)/g, '$1') ?? text).normalize('NFC') || undefined
}

/**
 * A domain name in lower-case A-labels (RFC 5890), or an address literal.
 * @returns undefined when it is neither; a name that ends in a number is none (it could be read as an IP address)
 */
export function parseDomain(text: string): string | undefined {
  if (text.startsWith('[')) return parseLiteral(text)
  // Plain names need no mapping; for all others it must not undo percent signs or numbers, so only letters go in.
  const isPlain = /^[\x00-\x7f]*$/.test(text)
  if (!isPlain && /[^\w.\-\u{80}-\u{10ffff}]/u.test(text)) return undefined
  const lower = text.toLowerCase()
  const domain = isPlain && !lower.includes('xn--') ? lower : domainToASCII(lower)
  const labels = domain.split('.')
  if (domain.length > MAX_DOMAIN_BYTES || !labels.every((label) => LABEL.test(label))) return undefined
  return /^\d+$/.test(labels.at(-1)!) ? undefined : domain
}

/** RFC 5321 §4.1.3: "[192.0.2.1]" or "[IPv6:2001:db8::1]". */
function parseLiteral(text: string): string | undefined {
  const inner = /^\[([0-9A-Za-z:.]+)\]$/.exec(text)?.[1]?.toLowerCase()
  if (inner === undefined) return undefined
  if (isIPv4(inner)) return `[${inner}]`
  return inner.startsWith('ipv6:') && isIPv6(inner.slice(5)) ? `[IPv6:${inner.slice(5)}]` : undefined
}

/** The key of an address in the directory: one for all ways to write its case and its accents. Undefined when invalid. */
export function normalizeAddress(text: string): string | undefined {
  return parseAddress(text.normalize('NFC'))?.address.toLowerCase().normalize('NFC')
}
