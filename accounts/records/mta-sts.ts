import { createHash } from 'node:crypto'
import { addressesOf, isAmong, type Ours, type Proposing, type RecordSettings } from './ours.ts'
import type { DnsRecord, Judged } from './record.ts'
import { tagsOf } from './tags.ts'

/** How long others keep the policy, in seconds. One that is tried out is short-lived, so that it can be taken back. */
const MAX_AGE_SECONDS = { testing: 86_400, enforce: 14 * 86_400, none: 86_400 } as const

/** What is served at `https://mta-sts.DOMAIN/.well-known/mta-sts.txt`. RFC 8461 §3.2. */
export function ownMtaStsPolicy({ hostname, mtaSts }: Pick<RecordSettings, 'hostname' | 'mtaSts'>): string {
  const { mode } = mtaSts
  return [
    'version: STSv1',
    `mode: ${mode}`,
    ...(mode === 'none' ? [] : [`mx: ${hostname.toLowerCase()}`]),
    `max_age: ${MAX_AGE_SECONDS[mode]}`,
    '',
  ].join('\r\n')
}

/** Changes with the policy, and with nothing else (§3.1: up to 32 letters and digits). */
const idOf = (policy: string): string => createHash('sha256').update(policy).digest('hex').slice(0, 32)

const isSts = (text: string): boolean => /^v\s*=\s*STSv1\s*;/.test(text)

/** That there is a policy, and where it is served; nothing where there shall be none. RFC 8461 §3. */
export function mtaStsRecords({ config, ours }: Proposing, domain: string): DnsRecord[] {
  if (config.mtaSts.mode === 'none') return []
  const id = idOf(ownMtaStsPolicy(config))
  return [
    {
      kind: 'mtaSts',
      name: `_mta-sts.${domain}`,
      type: 'TXT',
      value: `v=STSv1; id=${id};`,
      need: 'needed',
      whose: 'domain',
      find: async (dns) => (await dns.texts(`_mta-sts.${domain}`)).filter(isSts),
      compare(found): Judged {
        if (found.length === 0) return { standing: 'missing' }
        // §3.1: more than one is none.
        if (found.length > 1) return { standing: 'wrong', note: 'several' }
        const given = tagsOf(found[0] as string)?.['id']
        if (given === undefined || !/^[A-Za-z0-9]{1,32}$/.test(given)) return { standing: 'wrong', note: 'broken' }
        if (given !== id) return { standing: 'wrong', note: 'policyOld' }
        return config.mtaSts.mode === 'testing' ? { standing: 'right', note: 'mtaStsTesting' } : { standing: 'right' }
      },
    },
    aliasRecord('mtaSts', `mta-sts.${domain}`, ours, 'needed'),
  ]
}

/** A name that leads to this server: an alias for its own, or its addresses. */
export const aliasRecord = (
  kind: DnsRecord['kind'],
  name: string,
  ours: Ours,
  need: 'needed' | 'useful',
): DnsRecord => ({
  kind,
  name,
  type: 'CNAME',
  value: ours.host,
  need,
  whose: 'domain',
  async find(dns) {
    const aliases = await dns.records(name, 'CNAME')
    return aliases.length > 0 ? aliases : addressesOf(dns, name)
  },
  async compare(found, dns) {
    const [first] = found
    if (first === undefined) return 'missing'
    if (ours.names.has(first)) return 'right'
    // The name of another host that is this server, or an address; aliases that lead in a circle have none.
    const addresses = await addressesOf(dns, name)
    return addresses.length > 0 && addresses.every((one) => isAmong(ours.addresses, one)) ? 'right' : 'wrong'
  },
})
