import { Refusal, type Dns } from '#system'
import type { Storage } from '#storage'
import { normalizeDomain } from '../directory/normalize.ts'
import { isLocalDomain } from '../directory/domains.ts'
import { dkimRecords } from '../dkim/record.ts'
import { daneRecords } from '../certificates/tlsa.ts'
import { caaRecords } from './caa.ts'
import { dmarcRecords } from './dmarc.ts'
import { hostRecords } from './host.ts'
import { exchangerRecords } from './mail-exchanger.ts'
import { mtaStsRecords } from './mta-sts.ts'
import { findOurs, type Proposing, type RecordSettings } from './ours.ts'
import { lookAt, type DnsRecord, type SeenRecord } from './record.ts'
import { autoconfigRecords, serviceRecords } from './services.ts'
import { spfRecords } from './spf.ts'
import { tlsReportRecords } from './tls-reports.ts'

/** Whatever a domain needs in the DNS, in the order in which it is shown. */
const SOURCES: readonly ((given: Proposing, domain: string) => DnsRecord[] | Promise<DnsRecord[]>)[] = [
  hostRecords,
  exchangerRecords,
  spfRecords,
  ({ storage }, domain) => dkimRecords(storage, domain),
  dmarcRecords,
  mtaStsRecords,
  tlsReportRecords,
  serviceRecords,
  autoconfigRecords,
  daneRecords,
  caaRecords,
]

/** All questions about one domain: a page waits for the answers. */
const MOST_MS = 8000

/**
 * What a domain needs in the DNS, and what is there now.
 * @throws Refusal 'notFound' when the domain is not served here
 */
export async function lookAtRecords(
  storage: Storage,
  config: RecordSettings,
  dns: Dns,
  domain: string,
): Promise<SeenRecord[]> {
  const name = normalizeDomain(domain)
  if (name === undefined || !(await isLocalDomain(storage, name))) throw new Refusal('notFound')
  const given = { storage, config, ours: await findOurs(config, dns) }
  const records = await Promise.all(SOURCES.map(async (source) => source(given, name)))
  return lookAt(dns, records.flat(), MOST_MS)
}

/** Records as lines of a zone file. A string of it has 255 bytes at most (RFC 1035 §3.3). */
export const zoneLines = (records: readonly Pick<DnsRecord, 'name' | 'type' | 'value' | 'need'>[]): string[] =>
  records
    .filter(({ need, value }) => need !== 'removable' && value !== '')
    .map(({ name, type, value }) => `${name}. 3600 IN ${type} ${zoneValue(type, value)}`)

function zoneValue(type: DnsRecord['type'], value: string): string {
  if (type === 'TXT') return (value.match(/.{1,255}/g) ?? []).map((part) => `"${part}"`).join(' ')
  const endsInName = type === 'MX' || type === 'SRV' || type === 'CNAME' || type === 'PTR'
  return endsInName && !value.endsWith('.') ? `${value}.` : value
}
