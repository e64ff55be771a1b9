import { readFileSync } from 'node:fs'
import { X509Certificate } from 'node:crypto'
import type { Proposing } from '../records/ours.ts'
import type { DnsRecord } from '../records/record.ts'
import { digestOf, keysOf, type TlsKey } from './key.ts'

/** By usage, selector and matching: the public key itself, as SHA-256 of it (RFC 7671 §5.1), which a renewal leaves as it is. */
const valueOf = (digest: string): string => `3 1 1 ${digest}`

export interface TlsaRecord extends DnsRecord {
  key: TlsKey
}

/** The records of the server's keys: where mail is brought, port 25 (RFC 7672 §2.2.3). @param keys  of one subject */
export function tlsaRecordsOf(keys: readonly TlsKey[]): TlsaRecord[] {
  const ours = new Set(keys.filter(({ state }) => state !== 'retired').map(({ digest }) => valueOf(digest)))
  return keys.map((key) => ({
    ...recordFor(key.subject, key.digest, ours),
    need: key.state === 'retired' ? 'removable' : 'useful',
    key,
  }))
}

/** @param ours  what may stand beside it: without one of these, whoever compares refuses the server */
const recordFor = (host: string, digest: string, ours: ReadonlySet<string>): DnsRecord => ({
  kind: 'dane',
  name: `_25._tcp.${host}`,
  type: 'TLSA',
  value: valueOf(digest),
  need: 'useful',
  whose: 'operator',
  compare: (found) =>
    found.includes(valueOf(digest))
      ? 'right'
      : found.length === 0 || found.some((one) => ours.has(one))
        ? 'missing'
        : 'wrong',
})

/** For the list of what a domain needs in the DNS. */
export async function daneRecords({ storage, config }: Proposing): Promise<DnsRecord[]> {
  const host = config.hostname.toLowerCase()
  if (config.tls.acme !== undefined)
    return tlsaRecordsOf(await keysOf(storage.database.sql, { purpose: 'server', subject: host }))
  const file = config.tls.certificate
  if (file === undefined) return []
  const digest = digestOf(new X509Certificate(readFileSync(file)).publicKey)
  return [recordFor(host, digest, new Set([valueOf(digest)]))]
}
