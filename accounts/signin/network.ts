import { isIPv4, isIPv6 } from 'node:net'

/**
 * The network that an IP address counts for: its /24 (IPv4) or /56 (IPv6, what a household is often given), as
 * text such as `192.0.2.0/24` or `2001:db8:0:4200::/56`. An IPv4 address mapped into IPv6 (RFC 4291 §2.5.5.2) counts as
 * itself. Whatever is no address shares one network, so that nobody escapes counting.
 */
export function networkOf(ip: string): string {
  if (isIPv4(ip)) return `${ip.slice(0, ip.lastIndexOf('.'))}.0/24`
  const bare = ip.split('%', 1)[0] as string
  if (!isIPv6(bare)) return 'unknown'
  const words = wordsOf(bare)
  const isMapped = words.slice(0, 5).every((word) => word === 0) && words[5] === 0xffff
  const [a, b, c, d, , , high, low] = words as [number, number, number, number, number, number, number, number]
  if (isMapped) return `${high >> 8}.${high & 0xff}.${low >> 8}.0/24`
  return `${[a, b, c, d & 0xff00].map((word) => word.toString(16)).join(':')}::/56`
}

/** The eight 16-bit words of a valid IPv6 address. */
function wordsOf(ip: string): number[] {
  // The URL parser writes every form, also those with a dotted tail, in one way (WHATWG URL, "IPv6 serializer").
  const canonical = new URL(`http://[${ip}]`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const read = (part: string): number[] => (part === '' ? [] : part.split(':').map((word) => Number.parseInt(word, 16)))
  if (tail === undefined) return read(head)
  const [before, after] = [read(head), read(tail)]
  return [...before, ...Array.from({ length: 8 - before.length - after.length }, () => 0), ...after]
}
