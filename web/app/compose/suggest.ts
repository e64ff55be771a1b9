import type { Correspondent } from '../jmap/types.ts'
import { isAddress, sameAddress } from './addresses.ts'
import type { Recipient } from './addresses.ts'

const most = 8

/**
 * People whose name or address has words that begin as those typed: first those of the letter that is answered, then those
 * written to most and last.
 * @param chosen  who is in the letter already
 */
export function suggest(
  text: string,
  people: readonly Recipient[],
  correspondents: Iterable<Correspondent>,
  chosen: readonly Recipient[],
): Recipient[] {
  const wanted = words(text)
  if (wanted.length === 0) return []
  const fits = (one: { name: string | null; email: string }) => {
    const own = words(`${one.name ?? ''} ${one.email} ${one.email.replace(/.*@/, '')}`)
    return wanted.every((word) => own.some((other) => other.startsWith(word)))
  }
  const near = people.filter(fits)
  const known = [...correspondents]
    .filter(fits)
    .sort((a, b) => weight(b) - weight(a))
    .map(({ name, email }) => ({ name: name || null, email, wrong: !isAddress(email) }))
  const found: Recipient[] = []
  for (const one of [...near, ...known]) {
    if (found.length >= most) break
    if (![...found, ...chosen].some((other) => sameAddress(one, other))) found.push(one)
  }
  return found
}

/** A year without a letter weighs as much as one letter in ten. */
function weight({ count, lastAt }: Correspondent): number {
  const years = (Date.now() - Date.parse(lastAt)) / 31_557_600_000
  return Math.log2(1 + count) - 3 * (Number.isFinite(years) ? years : 10)
}

/** Words without their accents, so that "Muller" finds Müller. */
function words(text: string): string[] {
  return text
    .toLowerCase()
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .split(/[\s,;"<>()]+/)
    .flatMap((word) =>
      word === '' ? [] : [word, ...word.split(/[@._-]+/).filter((part) => part !== word && part !== '')],
    )
    .slice(0, 20)
}
