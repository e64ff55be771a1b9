import { reverseName } from '#system'
import { isAmong, type Proposing } from './ours.ts'
import type { DnsRecord } from './record.ts'

/** The addresses of the server's own name, and its name at each of them (RFC 1912 §2.1): many refuse mail without. */
export function hostRecords({ ours: { host, addresses } }: Proposing): DnsRecord[] {
  if (addresses.length === 0)
    return [
      {
        kind: 'address',
        name: host,
        type: 'A',
        value: '',
        need: 'needed',
        whose: 'operator',
        compare: () => ({ standing: 'missing', note: 'addressUnknown' }),
      },
    ]
  return addresses.flatMap((address): DnsRecord[] => [
    {
      kind: 'address',
      name: host,
      type: address.includes(':') ? 'AAAA' : 'A',
      value: address,
      need: 'needed',
      whose: 'operator',
      compare(found) {
        if (found.length === 0) return 'missing'
        if (!isAmong(found, address)) return 'wrong'
        return found.every((one) => isAmong(addresses, one)) ? 'right' : { standing: 'right', note: 'alsoElsewhere' }
      },
    },
    {
      kind: 'reverse',
      name: reverseName(address),
      type: 'PTR',
      value: host,
      need: 'needed',
      whose: 'operator',
      compare: (found) => (found.length === 0 ? 'missing' : found.includes(host) ? 'right' : 'wrong'),
    },
  ])
}
