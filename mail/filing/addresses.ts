import type { EmailAddress } from '#formats/message'

/** RFC 5233 §1: what divides user and detail here. */
const SEPARATOR = '+'

/** RFC 5228 §2.7.4, RFC 5233 §4: a part of an address; undefined where it has none. */
const PARTS: Readonly<Record<string, (local: string, domain: string) => string | undefined>> = {
  localpart: (local) => local,
  domain: (_local, domain) => domain,
  user: (local) => (local.includes(SEPARATOR) ? local.slice(0, local.indexOf(SEPARATOR)) : local),
  detail: (local) => (local.includes(SEPARATOR) ? local.slice(local.indexOf(SEPARATOR) + 1) : undefined),
}

/** What is no address has no parts, and is still compared as a whole. RFC 5228 §2.7.4. */
export function addressPart(address: string, part: string): string | undefined {
  const find = PARTS[part]
  if (find === undefined) return address
  const at = address.lastIndexOf('@')
  if (at <= 0 || at === address.length - 1) return undefined
  return find(unquoted(address.slice(0, at)), address.slice(at + 1))
}

export const partsOf = (addresses: readonly EmailAddress[], part: string): string[] =>
  addresses.flatMap(({ email }) => addressPart(email, part) ?? [])

/** "anna b"@example.org is the user anna b. */
const unquoted = (local: string): string =>
  local.length > 1 && local.startsWith('"') && local.endsWith('"') ? local.slice(1, -1).replace(/\\(.)/g, '$1') : local
