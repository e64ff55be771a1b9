/**
 * 8 characters is the least that NIST SP 800-63B (2017, §5.1.1.2) takes; argon2id and growing delays between attempts
 * make that hold. 256 bytes let every passphrase through and bound what is hashed for a stranger. Nothing is asked about
 * kinds of characters: such rules make passwords worse (the same section).
 */
const LEAST_CHARACTERS = 8
const MOST_BYTES = 256

export const isAcceptablePassword = (password: string): boolean =>
  !isTooLong(password) && Array.from(password).length >= LEAST_CHARACTERS

/** A password that was never accepted need not be hashed to know that it is wrong. */
export const isTooLong = (password: string): boolean => Buffer.byteLength(password.normalize('NFC')) > MOST_BYTES
