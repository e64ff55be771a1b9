import type { EmailAddress } from '#formats/message'
import type { Summary } from './summary.ts'

/** The fields of a summary that can be searched. */
export type Searched = 'from' | 'to' | 'cc' | 'bcc' | 'subject'

/** Words looked for at once. */
const MOST_WORDS = 50

/** Without accents and case, compatibility characters made plain: "Ångström" is found by "angstrom". */
export const fold = (text: string): string => text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase()

/**
 * Looks for words in a text that `fold` has made plain. Each must be there, anywhere in it; what stands in quotes is one
 * word, spaces and all. RFC 8621 §4.4.1.
 */
export function matcher(search: string): (folded: string) => boolean {
  const words = [...search.matchAll(/"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|(\S+)/gs)]
    .slice(0, MOST_WORDS)
    .map(([, double, single, word]) => fold((double ?? single)?.replace(/\\(.)/gs, '$1') ?? (word as string)))
  return (folded) => words.every((word) => folded.includes(word))
}

/** The text of a field, made plain: of addresses their names and themselves. */
export function textOf(summary: Summary, field: Searched): string {
  if (field === 'subject') return fold(summary.subject ?? '')
  return fold((summary[field] ?? []).map(addressText).join('\n'))
}

const addressText = ({ name, email }: EmailAddress): string => (name === null ? email : `${name} <${email}>`)
