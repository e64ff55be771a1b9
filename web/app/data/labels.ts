import type { Settings } from '../jmap/types.ts'

type Labels = Settings['labels']

export const colours = [1, 2, 3, 4, 5, 6] as const

/**
 * The keyword (RFC 8621 §4.1.1: printable ASCII without ( ) { ] % * " \) that a new label is kept under: its name in
 * lower case, letters without their marks, anything else as a hyphen; numbered when taken or when nothing is left.
 */
export function keywordFor(name: string, taken: Labels): string {
  const plain = name
    .toLowerCase()
    .replaceAll('ß', 'ss')
    .replaceAll('æ', 'ae')
    .replaceAll('œ', 'oe')
    .replaceAll('ø', 'o')
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
  const base = plain || 'label'
  for (let number = 1; ; number++) {
    const keyword = plain && number === 1 ? base : `${base}-${number}`
    if (!Object.hasOwn(taken, keyword)) return keyword
  }
}

/** The labels among the keywords of messages, in the order of their names. */
export function labelsOn(
  keywords: Iterable<string>,
  labels: Labels,
): { keyword: string; name: string; color: number }[] {
  return [...new Set(keywords)]
    .filter((keyword) => Object.hasOwn(labels, keyword))
    .map((keyword) => ({ keyword, name: keyword, color: 1, ...labels[keyword] }))
    .sort((a, b) => a.name.localeCompare(b.name))
}
