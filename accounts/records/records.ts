import { Refusal, type Dns } from '#system'
import type { Storage } from '#storage'
import { normalizeDomain } from '../directory/normalize.ts'
import { isLocalDomain } from '../directory/domains.ts'
import { dkimRecords } from '../dkim/record.ts'
import { lookAt, type DnsRecord, type SeenRecord } from './record.ts'

export type { DnsRecord, SeenRecord, Standing } from './record.ts'

/** Whatever a domain needs in the DNS, in the order in which it is shown. */
const SOURCES: readonly ((storage: Storage, domain: string) => Promise<DnsRecord[]>)[] = [dkimRecords]

/**
 * What a domain needs in the DNS, and what is there now.
 * @throws Refusal 'notFound' when the domain is not served here
 */
export async function lookAtRecords(storage: Storage, dns: Dns, domain: string): Promise<SeenRecord[]> {
  const name = normalizeDomain(domain)
  if (name === undefined || !(await isLocalDomain(storage, name))) throw new Refusal('notFound')
  const records = await Promise.all(SOURCES.map((source) => source(storage, name)))
  return lookAt(dns, records.flat())
}
