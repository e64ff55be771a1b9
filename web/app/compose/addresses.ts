import type { Address } from '../jmap/types.ts'

/** Whom a letter goes to, as far as it was understood. */
export interface Recipient extends Address {
  /** The address cannot be one. */
  wrong: boolean
}

/** More text than this is no list of addresses. */
const longestText = 200_000
/** RFC 5321 §4.5.3.1. */
const longestLocal = 64
const longestDomain = 255

/**
 * Reads what was typed or pasted as a list of addresses: `Name <address>`, `"Surname, Name" <address>`,
 * `address (Name)`, or an address alone, separated by commas, semicolons, tabs or line ends. What cannot be an address is
 * kept as it is and marked. Takes time linear in the text.
 */
export function parseRecipients(text: string): Recipient[] {
  return split(text.slice(0, longestText))
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(parseOne)
}

/** Cuts at separators that stand neither in quotes nor in angle brackets nor in a comment. */
function split(text: string): string[] {
  const parts: string[] = []
  let from = 0
  let quoted = false
  let depth = 0
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    // A line never continues a quote or a bracket that was left open.
    if (sign === '\n' || sign === '\r') [quoted, depth] = [false, 0]
    else if (sign === '\\' && quoted) at++
    else if (sign === '"' && depth === 0) quoted = !quoted
    else if (!quoted && (sign === '<' || sign === '(')) depth = 1
    else if (!quoted && (sign === '>' || sign === ')')) depth = 0
    if (quoted || depth > 0 || !',;\t\r\n'.includes(sign ?? '')) continue
    parts.push(text.slice(from, at))
    from = at + 1
  }
  parts.push(text.slice(from))
  return parts
}

function parseOne(part: string): Recipient {
  const open = part.lastIndexOf('<')
  if (open >= 0) {
    const end = part.indexOf('>', open)
    return recipient(part.slice(0, open), part.slice(open + 1, end < 0 ? undefined : end))
  }
  const comment = part.endsWith(')') ? part.indexOf('(') : -1
  if (comment > 0) return recipient(part.slice(comment + 1, -1), part.slice(0, comment))
  // "Name address", as some programs copy it.
  const space = part.lastIndexOf(' ')
  if (space > 0 && isAddress(part.slice(space + 1))) return recipient(part.slice(0, space), part.slice(space + 1))
  return recipient('', part)
}

function recipient(name: string, address: string): Recipient {
  const email = address.trim().replace(/^mailto:/i, '')
  return { name: unquote(name) || null, email, wrong: !isAddress(email) }
}

function unquote(name: string): string {
  const trimmed = name.trim()
  const inner = /^"(.*)"$/s.exec(trimmed) ?? /^'(.*)'$/s.exec(trimmed)
  return (inner?.[1] ?? trimmed).replace(/\\(.)/g, '$1').replace(/\s+/g, ' ').trim()
}

const atom = /^[^\s"(),:;<>@[\\\].\x00-\x1f\x7f]+(?:\.[^\s"(),:;<>@[\\\].\x00-\x1f\x7f]+)*$/
const label = /^[\p{L}\p{N}](?:[\p{L}\p{N}\p{M}-]{0,61}[\p{L}\p{N}\p{M}])?$/u

/** Whether a letter could be sent to it: a dot-atom, "@", and a domain with a dot, in any script (RFC 6531 §3.3). */
export function isAddress(text: string): boolean {
  const at = text.lastIndexOf('@')
  if (at < 1) return false
  const local = text.slice(0, at)
  const domain = text.slice(at + 1)
  if (local.length > longestLocal || domain.length > longestDomain || !atom.test(local)) return false
  const labels = domain.split('.')
  return labels.length > 1 && labels.every((one) => label.test(one)) && !/^\d+$/.test(labels.at(-1) ?? '')
}

/** Two addresses that differ in case alone are taken for one person. */
export function sameAddress(one: Address, other: Address): boolean {
  return one.email.toLowerCase() === other.email.toLowerCase()
}

/** The list with those added that it does not have; a name is taken over where there was none. */
export function addRecipients(list: readonly Recipient[], added: readonly Recipient[]): Recipient[] {
  const result = [...list]
  for (const one of added) {
    const at = result.findIndex((other) => sameAddress(one, other))
    const known = result[at]
    if (!known) result.push(one)
    else if (!known.name && one.name) result[at] = one
  }
  return result
}

/** Addresses as they came in a letter. */
export function recipientsOf(addresses: readonly Address[] | null): Recipient[] {
  return (addresses ?? []).map(({ name, email }) => ({ name, email, wrong: !isAddress(email) }))
}

/** How an address is written where it may be copied or changed: with quotes where the name needs them. */
export function writeAddress({ name, email }: Address): string {
  if (!name) return email
  const plain = /^[\p{L}\p{N}\p{M} _'-]+$/u.test(name)
  return `${plain ? name : `"${name.replace(/["\\]/g, String.raw`\$&`)}"`} <${email}>`
}
