import { randomBytes } from 'node:crypto'

/** Letters and digits that nobody takes for one another: without l, o, 0 and 1. 32 of them, five bits each. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Four groups of five are 100 bits: more than anybody can try, so that one hash is enough to keep them by. */
const GROUPS = 4
const IN_GROUP = 5

const BARE = new RegExp(`^[${ALPHABET}]{${GROUPS * IN_GROUP}}$`)

/** More was never one of ours, whatever stands between its letters. */
const LONGEST = 64

/** A new secret without its separators. */
export const newSecret = (): string =>
  Array.from(randomBytes(GROUPS * IN_GROUP), (byte) => ALPHABET[byte % ALPHABET.length]).join('')

/** As it is shown: `abcde-fghij-kmnpq-rstuv`. */
export const showSecret = (bare: string): string => (bare.match(new RegExp(`.{${IN_GROUP}}`, 'g')) ?? []).join('-')

/** A secret as people type or paste it: with spaces or dashes, in any case. Undefined for what cannot be one. */
export function bareSecret(typed: string): string | undefined {
  if (typed.length > LONGEST) return undefined
  const bare = typed
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\-‐‑–—.]/g, '')
  return BARE.test(bare) ? bare : undefined
}
