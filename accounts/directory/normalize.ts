import { normalizeAddress, parseAddress, parseDomain, type Address } from '#formats/message'

/**
 * An address as the directory knows it: lower case, NFC, the local part without quotes, the domain in A-labels. Case and
 * accents written in two ways make no two people (RFC 5321 §2.4 leaves the local part to its own server: to us).
 */
export function normalizeForDirectory(address: string): Address | undefined {
  const normal = normalizeAddress(address)
  return normal === undefined ? undefined : parseAddress(normal)
}

/** A domain name in lower-case A-labels; undefined when it is none. */
export function normalizeDomain(domain: string): string | undefined {
  // An address literal names a machine, not a domain.
  return domain.startsWith('[') ? undefined : parseDomain(domain)
}
