import type { DkimAlgorithm } from './key.ts'

/** Letters that tell keys of one day apart, the first of a day having none. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'

/**
 * The name under which a key stands in the DNS: the day on which it was made and what it is, and nothing of whom it is for or who
 * runs the server: `z20261130-rsa`, and `z20261130b-rsa` for another of that day.
 * @param taken  names that the domain has or has had
 */
export function newSelector(day: string, algorithm: DkimAlgorithm, taken: ReadonlySet<string>): string {
  const date = day.replaceAll('-', '')
  for (const letter of ['', ...LETTERS.slice(1)]) {
    const name = `z${date}${letter}-${algorithm}`
    if (!taken.has(name)) return name
  }
  throw new Error('a domain had 26 keys in a day')
}
