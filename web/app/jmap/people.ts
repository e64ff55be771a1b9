import type { Address } from './types.ts'

/** How an address is shown where there is little room. */
export function nameOf(address: Address): string {
  return address.name?.trim() || address.email
}

/** One or two letters for a person: the first letters of the first and last word of the name. */
export function initials(address: Address): string {
  const words = nameOf(address)
    .replace(/@.*/, '')
    .split(/[\s._-]+/)
    .filter((word) => /^[\p{L}\p{N}]/u.test(word))
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined].map((word) => [...(word ?? '')][0] ?? '')
  return letters.join('').toUpperCase() || '@'
}

/** A colour, 1 to 6, that an address always has. */
export function colourOf(address: Address): number {
  let sum = 0
  for (const letter of address.email.toLowerCase()) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 60_013
  return (sum % 6) + 1
}
