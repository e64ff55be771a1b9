import { randomInt } from 'node:crypto'
import { Refusal } from '#system'
import { WORDS } from './words.ts'

/** Digits behind the words: with two of 512 words, 41 bits of chance. */
const DIGITS = 7

const PREFIX = /^[a-z0-9](?:[a-z0-9]|[._-](?=[a-z0-9])){0,23}$/

const word = (): string => WORDS[randomInt(WORDS.length)] as string

/**
 * What stands before the "@" of a new masked address, such as "maple.river.4821736": it can be read out, says nothing of its
 * owner, and cannot be guessed (41 bits), whatever it begins with.
 * @param prefix  letters and digits of ASCII, with single dots, hyphens or underscores between them: 24 at most
 * @throws Refusal 'invalid' with the field `prefix`
 */
export function newLocalPart(prefix?: string): string {
  const begin = prefix?.trim().toLowerCase()
  if (begin !== undefined && !PREFIX.test(begin)) throw new Refusal('invalid', { fields: ['prefix'] })
  const digits = String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0')
  return [...(begin === undefined ? [] : [begin]), word(), word(), digits].join('.')
}
