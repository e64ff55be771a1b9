import { isIPv6 } from 'node:net'
import { isAbsent, type LookUp } from './look-up.ts'

/** Names of one address that are looked at. */
const MOST_NAMES = 5

/** iprev: whether the client's address has a name, and whether that leads back. RFC 8601 §3. */
export async function reverse(address: string, lookUp: LookUp): Promise<string> {
  try {
    const names = (await lookUp(arpaOf(address), 'PTR')) as string[]
    const type = isIPv6(address) ? 'AAAA' : 'A'
    for (const name of names.slice(0, MOST_NAMES)) {
      const addresses = (await lookUp(name, type).catch((error: unknown) => {
        if (isAbsent(error)) return []
        throw error
      })) as string[]
      if (addresses.some((one) => arpaOf(one) === arpaOf(address))) return 'pass'
    }
    return 'fail'
  } catch (error) {
    return isAbsent(error) ? 'permerror' : 'temperror'
  }
}

/** The name that an address has, where it leads back (RFC 8601 §3); undefined for none, and when nobody could tell. */
export async function reverseName(address: string, lookUp: LookUp): Promise<string | undefined> {
  const type = isIPv6(address) ? 'AAAA' : 'A'
  try {
    const names = (await lookUp(arpaOf(address), 'PTR')) as string[]
    for (const name of names.slice(0, MOST_NAMES)) {
      const addresses = (await lookUp(name, type).catch(() => [])) as string[]
      if (addresses.some((one) => arpaOf(one) === arpaOf(address))) return name.toLowerCase().replace(/\.$/, '')
    }
    return undefined
  } catch {
    return undefined
  }
}

/** The name under which an address has its names. RFC 1035 §3.5, RFC 3596 §2.5. */
export function arpaOf(address: string): string {
  if (!isIPv6(address)) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`
  // A URL writes an address in its one shortest form, with a gap at most.
  const [head = '', tail] = new URL(`http://[${address.replace(/%.*$/, '')}]`).hostname.slice(1, -1).split('::')
  const groupsOf = (text: string): string[] => text.split(':').filter((group) => group !== '')
  const [before, after] = [groupsOf(head), groupsOf(tail ?? '')]
  const gap = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const digits = [...before, ...gap, ...after].map((group) => group.padStart(4, '0')).join('')
  return `${Array.from(digits).toReversed().join('.')}.ip6.arpa`
}
