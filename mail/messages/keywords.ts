import { Refusal } from '#system'
import { FLAG } from '#items'

/** Keywords that are flag bits (RFC 8621 §4.1.1, RFC 5788); all others are numbered names. */
const BITS: ReadonlyMap<string, number> = new Map([
  ['$seen', FLAG.seen],
  ['$answered', FLAG.answered],
  ['$flagged', FLAG.flagged],
  ['$draft', FLAG.draft],
  ['$forwarded', FLAG.forwarded],
  ['$blocked', FLAG.blocked],
])
const OF_KEYWORDS = [...BITS.values()].reduce((all, bit) => all | bit)

/** Keywords one message may carry. */
const MOST = 100

/** RFC 8621 §4.1.1: 1 to 255 characters of IMAP's flag-keyword, kept in lower case. @throws Refusal 'invalid' */
export function keywordName(name: string): string {
  if (!/^[!#$&'+,\-./0-9:;<=>?@A-Z^_`a-z|}~]{1,255}$/.test(name)) throw new Refusal('invalid', { fields: ['keywords'] })
  return name.toLowerCase()
}

/** The bit of a keyword that is one. */
export const bitOfKeyword = (name: string): number | undefined => BITS.get(name)

/** Splits keywords into the flag bits and the names that are kept by number. @throws Refusal 'invalid' */
export function toFlags(keywords: Iterable<string>): { flags: number; names: string[] } {
  let flags = 0
  const names = new Set<string>()
  for (const keyword of keywords) {
    const name = keywordName(keyword)
    const bit = BITS.get(name)
    if (bit === undefined) names.add(name)
    else flags |= bit
  }
  if (names.size > MOST) throw new Refusal('tooManyItems', { fields: ['keywords'] })
  return { flags, names: [...names] }
}

/** All keywords of a message, and so what `toFlags` was given. */
export const toKeywords = (flags: number, names: readonly string[]): string[] => [
  ...[...BITS].filter(([, bit]) => (flags & bit) !== 0).map(([name]) => name),
  ...names,
]

/** What other bits an item carries, which no keyword may change. */
export const otherBits = (flags: number): number => flags & ~OF_KEYWORDS
