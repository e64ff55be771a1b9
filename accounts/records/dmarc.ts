import type { Dns } from '#system'
import { reportAddress } from '../directory/report-addresses.ts'
import type { Proposing } from './ours.ts'
import type { DnsRecord, Judged } from './record.ts'
import { tagsOf } from './tags.ts'

const isDmarc = (text: string): boolean => /^v\s*=\s*DMARC1\s*(?:;|$)/.test(text)

/** RFC 9989 §4.10: so many names are asked for, from the domain upwards. */
const MOST_STEPS = 8

/**
 * What others shall do with letters in the domain's name that are not from it. It begins with p=none: reports tell who else sends for
 * the domain before their letters are refused. RFC 9989.
 */
export const dmarcRecords = (_: Proposing, domain: string): DnsRecord[] => [
  {
    kind: 'dmarc',
    name: `_dmarc.${domain}`,
    type: 'TXT',
    value: `v=DMARC1; p=none; rua=mailto:${reportAddress('dmarc', domain)}`,
    need: 'needed',
    whose: 'domain',
    find: (dns) => policies(dns, domain),
    async compare(found, dns) {
      if (found.length === 0) return inherited(dns, domain)
      if (found.length > 1) return { standing: 'wrong', note: 'several' }
      return judge(found[0] as string, 'p')
    },
  },
]

const policies = async (dns: Dns, domain: string): Promise<string[]> =>
  (await dns.texts(`_dmarc.${domain}`)).filter(isDmarc)

/** A domain without a policy of its own has that of one above it (RFC 9989 §4.10.1). */
async function inherited(dns: Dns, domain: string): Promise<Judged> {
  const labels = domain.split('.')
  for (let at = 1; at < labels.length && at < MOST_STEPS; at++) {
    const [text, ...more] = await policies(dns, labels.slice(at).join('.'))
    if (text === undefined || more.length > 0) continue
    const { standing, note } = judge(text, 'sp')
    return standing === 'right' ? { standing, note: note ?? 'inherited' } : { standing: 'missing' }
  }
  return { standing: 'missing' }
}

/** @param tag  which of the policy's applies: `sp` is for domains below its own, and is `p` where it is not given */
function judge(text: string, tag: 'p' | 'sp'): Judged {
  const tags = tagsOf(text)
  const policy = (tag === 'sp' ? (tags?.['sp'] ?? tags?.['p']) : tags?.['p'])?.toLowerCase()
  if (policy === undefined || !['none', 'quarantine', 'reject'].includes(policy))
    return { standing: 'wrong', note: 'broken' }
  // `t=y`, and `pct=0` of earlier days, ask that nothing be done yet (RFC 9989 §4.7).
  const isTest = tags?.['t']?.toLowerCase() === 'y' || tags?.['pct'] === '0'
  return policy === 'none' || isTest ? { standing: 'right', note: 'dmarcNone' } : { standing: 'right' }
}
