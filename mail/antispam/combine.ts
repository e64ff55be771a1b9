/** How many letters of each sort. */
export interface Counts {
  junk: number
  good: number
}

/** In how many letters a feature stands: of those that what is shipped comes from, and of those that the account has taught. */
export interface Seen {
  shipped: Counts | undefined
  own: Counts | undefined
  /** As `isPersonal` says. */
  isPersonal: boolean
}

/** How many letters there are to stand in. */
export interface Letters {
  shipped: Counts
  own: Counts
}

/** What is shipped counts as so many letters of each sort, however many it comes from: an account's own soon outweigh it. */
const SHIPPED_LETTERS = 30

/**
 * Letters of each sort that an account has to teach before its words say much: until then each is taken to be in both as often. Else the words that every letter of a language has would be signs of junk, because the first that was taught was junk. A sender or a
 * host is in no danger of that.
 */
const UNTAUGHT_LETTERS = 20
const UNTAUGHT_LETTERS_PERSONAL = 2

/** Letters in which a word must be for what is shipped to know how usual it is; of one in fewer the account finds out by itself. */
const USUAL = 6

/** How many letters the doubt about a feature that was seen rarely is worth: Robinson's s, his x being 0.5. */
const DOUBT = 1.5

/** Features that count, the strongest, and how far from even they must be. */
const MOST_COUNTED = 150
const LEAST = 0.3

/** The words of a letter are no strangers to one another: only so much of what each says is news. */
const NEWS = 0.5

/** How likely a letter with this feature is junk, from 0 to 1. Shares are compared, not numbers: it does not matter of which sort there were more. */
export function likelihood({ shipped, own, isPersonal }: Seen, letters: Letters): number {
  let { junk, good } = letters.own
  let { junk: inJunk, good: inGood } = own ?? { junk: 0, good: 0 }
  let seen = inJunk + inGood
  const known = shipped === undefined ? 0 : shipped.junk + shipped.good
  if (seen > 0) {
    const untaught = isPersonal ? UNTAUGHT_LETTERS_PERSONAL : (UNTAUGHT_LETTERS * USUAL) / (USUAL + known)
    const inBoth = (untaught * seen) / Math.max(1, junk + good)
    inJunk += inBoth
    inGood += inBoth
    junk += untaught
    good += untaught
  }
  if (shipped !== undefined) {
    inJunk += (SHIPPED_LETTERS * shipped.junk) / letters.shipped.junk
    inGood += (SHIPPED_LETTERS * shipped.good) / letters.shipped.good
    junk += SHIPPED_LETTERS
    good += SHIPPED_LETTERS
    seen += Math.min(known, SHIPPED_LETTERS)
  }
  if (seen === 0) return 0.5
  const ofJunk = inJunk / junk
  const raw = ofJunk / (ofJunk + inGood / good)
  return (DOUBT * 0.5 + seen * raw) / (DOUBT + seen)
}

/**
 * Combines what the features say: Fisher's method for both hypotheses, as Robinson proposed it and SpamBayes combines them. Near 1 for junk, near
 * 0 for good, about 0.5 where both or neither hold.
 */
export function combine(likelihoods: Iterable<number>): number {
  const strong = [...likelihoods].filter((one) => Math.abs(one - 0.5) >= LEAST)
  if (strong.length === 0) return 0.5
  strong.sort((a, b) => Math.abs(b - 0.5) - Math.abs(a - 0.5))
  let againstJunk = 0
  let againstGood = 0
  const counted = strong.slice(0, MOST_COUNTED)
  for (const one of counted) {
    againstJunk -= Math.log(1 - one)
    againstGood -= Math.log(one)
  }
  const pairs = Math.max(1, Math.round(counted.length * NEWS))
  return (1 + chiSquareTail(againstGood * NEWS, pairs) - chiSquareTail(againstJunk * NEWS, pairs)) / 2
}

/** The chance that a chi-square of 2 × `pairs` degrees of freedom is greater than twice `half`. */
export function chiSquareTail(half: number, pairs: number): number {
  let term = Math.exp(-half)
  let sum = term
  for (let at = 1; at < pairs; at++) {
    term *= half / at
    sum += term
  }
  return Math.min(sum, 1)
}
