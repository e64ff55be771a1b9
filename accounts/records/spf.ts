import { DnsError, type Dns } from '#system'
import type { Proposing } from './ours.ts'
import type { DnsRecord, Judged } from './record.ts'

/** RFC 7208 §4.5: what makes a text a record of SPF. */
const isSpf = (text: string): boolean => /^v=spf1(?: |$)/i.test(text)

/** All addresses of the record are asked for in this time. */
const MOST_MS = 6000

/** Addresses that are nobody's, for documents: whoever lets these pass lets anybody. */
const STRANGERS = ['203.0.113.77', '2001:db8:77::77']

/** Which servers may send for the domain. RFC 7208. */
export function spfRecords({ config, ours }: Proposing, domain: string): DnsRecord[] {
  // What leaves by a smarthost leaves from addresses that whoever runs it knows.
  const proposed = config.smarthost === undefined ? 'v=spf1 mx -all' : `v=spf1 mx a:${config.smarthost.host} ~all`
  return [
    {
      kind: 'spf',
      name: domain,
      type: 'TXT',
      value: proposed,
      need: 'needed',
      whose: 'domain',
      find: async (dns) => (await dns.texts(domain)).filter(isSpf),
      async compare(found, dns) {
        if (found.length === 0) return 'missing'
        if (found.length > 1) return { standing: 'wrong', note: 'several' }
        const results = await Promise.all(ours.addresses.map((address) => resultOf(dns, domain, ours.host, address)))
        const strange = await Promise.all(STRANGERS.map((address) => resultOf(dns, domain, ours.host, address)))
        const all = [...results, ...strange]
        if (all.some(({ result }) => result === 'temperror')) throw new DnsError('silent')
        const broken = all.find(({ result }) => result === 'permerror')
        if (broken !== undefined)
          return { standing: 'wrong', note: broken.isTooMuch ? 'tooManyLookUps' : 'broken' } satisfies Judged
        if (strange.some(({ result }) => result === 'pass')) return { standing: 'wrong', note: 'anybody' }
        if (config.smarthost !== undefined) return { standing: 'right', note: 'smarthost' }
        if (results.length === 0) return { standing: 'right', note: 'addressUnknown' }
        if (results.every(({ result }) => result === 'pass')) return 'right'
        return found[0] === proposed ? { standing: 'wrong', note: 'byMx' } : 'wrong'
      },
    },
  ]
}

/** What others make of a letter of the domain that comes from an address. Ten names are asked for at most (RFC 7208 §4.6.4). */
async function resultOf(
  dns: Dns,
  domain: string,
  host: string,
  address: string,
): Promise<{ result: string; isTooMuch: boolean }> {
  // Elsewhere it is known to a thread alone: it has some 20 MB behind it.
  const { spf } = await import('mailauth/lib/spf/index.js')
  const { status } = await spf({
    sender: `postmaster@${domain}`,
    ip: address,
    helo: host,
    mta: host,
    strict: true,
    maxElapsedTime: MOST_MS,
    resolver: dns.resolve as never,
  })
  return { result: status.result, isTooMuch: /too many/i.test(status.comment ?? '') }
}
