import { randomBytes } from 'node:crypto'

/** Codes made at once: enough for years of lost telephones, few enough for a slip of paper. */
export const RECOVERY_CODES = 10

/** Letters and digits that nobody takes for one another: without l, o, 0 and 1. 32 of them, five bits each. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Two groups of five are 50 bits: attempts are counted, and of what is kept nobody can try codes without the key. */
const GROUPS = 2
const IN_GROUP = 5

const BARE = new RegExp(`^[${ALPHABET}]{${GROUPS * IN_GROUP}}$`)

/** Ten new codes without their dashes, no two alike. */
export function newRecoveryCodes(): string[] {
  const codes = new Set<string>()
  while (codes.size < RECOVERY_CODES)
    codes.add(Array.from(randomBytes(GROUPS * IN_GROUP), (byte) => ALPHABET[byte % ALPHABET.length]).join(''))
  return [...codes]
}

/** As it is shown: `abcde-fghij`. */
export const showRecoveryCode = (bare: string): string =>
  (bare.match(new RegExp(`.{${IN_GROUP}}`, 'g')) ?? []).join('-')

/** A code as people type or paste it: with spaces or dashes, in any case. Undefined for what cannot be one. */
export function bareRecoveryCode(typed: string): string | undefined {
  if (typed.length > 64) return undefined
  const bare = typed
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[\s\-‐‑–—.]/g, '')
  return BARE.test(bare) ? bare : undefined
}

/** By which a code is kept. @param key  hashes under a secret @param owner  whose code it is */
export const recoveryCodeKey = (key: { hash(text: string): Buffer }, owner: number | string, bare: string): Buffer =>
  key.hash(`recovery code\0${owner}\0${bare}`)
