import { Refusal } from '#system'

const LONGEST = 100

/**
 * Control characters, line ends, and what turns the direction of writing: in a list of what may read one's mail nothing
 * may look like something else.
 */
const MISLEADING = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u

/** The name of an app password as it is kept. @throws Refusal 'invalid' with the field `name` */
export function appPasswordName(name: string): string {
  const kept = name.length > 4 * LONGEST ? '' : name.normalize('NFC').trim()
  const isBad = kept === '' || Array.from(kept).length > LONGEST || MISLEADING.test(kept) || !kept.isWellFormed()
  if (isBad) throw new Refusal('invalid', { fields: ['name'] })
  return kept
}

/** What a program calls itself, made fit to be shown; null when nothing is left. */
export function programName(name: string | undefined): string | null {
  const plain = (name ?? '')
    .slice(0, 4 * LONGEST)
    .toWellFormed()
    .normalize('NFC')
    .replace(new RegExp(MISLEADING, 'gu'), ' ')
    .replace(/\s+/g, ' ')
    .trim()
  return Array.from(plain).slice(0, LONGEST).join('') || null
}
