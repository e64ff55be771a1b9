/** Below these, domains of a country are given to whoever asks for one. */
const SHARED = new Set('ac asso co com edu gob gouv gov go id ltd mil ne net nom or org plc'.split(' '))

/**
 * The part of a host's name that tells whose it is: two labels, or three below such as `co.uk`. It groups the hosts of one
 * operator for a reader; nothing is decided by it.
 */
export function organisationOf(host: string): string {
  const labels = host.toLowerCase().split('.')
  const [second = '', top = ''] = labels.slice(-2)
  return labels.slice(top.length === 2 && SHARED.has(second) ? -3 : -2).join('.')
}
