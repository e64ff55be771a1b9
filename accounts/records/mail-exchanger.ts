import { addressesOf, isAmong, type Proposing } from './ours.ts'
import type { DnsRecord } from './record.ts'

/** Exchangers that are looked at: a hostile zone may name thousands. */
const MOST = 20

/** Where mail for the domain is brought. RFC 5321 §5.1. */
export const exchangerRecords = ({ ours }: Proposing, domain: string): DnsRecord[] => [
  {
    kind: 'mx',
    name: domain,
    type: 'MX',
    value: `10 ${ours.host}`,
    need: 'needed',
    whose: 'domain',
    async compare(found, dns) {
      if (found.length === 0) return 'missing'
      const exchangers = found.slice(0, MOST).map((text) => {
        const [preference, name = '.'] = text.split(' ')
        return { preference: Number(preference), name }
      })
      // RFC 7505: the domain says that it takes no mail.
      if (exchangers.every(({ name }) => name === '.')) return { standing: 'wrong', note: 'noMail' }
      const best = Math.min(...exchangers.map(({ preference }) => preference))
      const isNamed = (name: string): boolean => ours.names.has(name)
      const others = exchangers.filter(({ name }) => !isNamed(name))
      if (others.length === 0) return 'right'
      // Mail comes to whoever is preferred; those behind take it only when we are away.
      const preferred = exchangers.filter(({ preference }) => preference === best)
      if (preferred.every(({ name }) => isNamed(name))) return { standing: 'right', note: 'alsoElsewhere' }
      const reach = await Promise.all(
        preferred.map(async ({ name }) => {
          if (isNamed(name)) return true
          const addresses = await addressesOf(dns, name)
          return addresses.length > 0 && addresses.every((one) => isAmong(ours.addresses, one))
        }),
      )
      return reach.every(Boolean) ? { standing: 'right', note: 'otherName' } : 'wrong'
    },
  },
]
