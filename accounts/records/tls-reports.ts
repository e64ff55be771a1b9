import { reportAddress } from '../directory/report-addresses.ts'
import type { Proposing } from './ours.ts'
import type { DnsRecord } from './record.ts'
import { tagsOf } from './tags.ts'

const isTlsRpt = (text: string): boolean => /^v\s*=\s*TLSRPTv1\s*;/.test(text)

/** Where others tell how they got on with TLS on the way here. RFC 8460 §3. */
export const tlsReportRecords = (_: Proposing, domain: string): DnsRecord[] => [
  {
    kind: 'tlsRpt',
    name: `_smtp._tls.${domain}`,
    type: 'TXT',
    value: `v=TLSRPTv1; rua=mailto:${reportAddress('tls', domain)}`,
    need: 'useful',
    whose: 'domain',
    find: async (dns) => (await dns.texts(`_smtp._tls.${domain}`)).filter(isTlsRpt),
    compare(found) {
      if (found.length === 0) return 'missing'
      if (found.length > 1) return { standing: 'wrong', note: 'several' }
      const to = (tagsOf(found[0] as string)?.['rua'] ?? '').split(',')
      return to.every((one) => /^\s*(?:mailto:[^\s@]+@[^\s@]+|https:\/\/\S+)\s*$/.test(one))
        ? 'right'
        : { standing: 'wrong', note: 'broken' }
    },
  },
]
