import { DnsError, type SecureDns, type TlsaRecord } from '#system'

/** What a host can be known by (RFC 7672 §2.2). */
export interface Dane {
  /** All records that there are, whether they can be used or not. */
  records: TlsaRecord[]
  /** The name at which they stand: the server is asked for it. */
  base: string
}

/** The addresses of a host, and whether they are proven. */
export interface HostAddresses {
  addresses: string[]
  isSecure: boolean
  /** Where the aliases of the host lead to. */
  name: string
}

/**
 * Looks for the records of a host whose own name is proven.
 * @returns undefined where there are none
 * @throws DnsError 'silent': there may be some (RFC 7672 §2.2: then nothing may be sent there)
 */
export async function findDane(
  dns: SecureDns,
  host: string,
  port: number,
  addresses: HostAddresses,
): Promise<Dane | undefined> {
  for (const base of await basesOf(dns, host, addresses)) {
    const { found, isSecure } = await dns.ask('TLSA', `_${port}._tcp.${base}`)
    if (isSecure && found.length > 0) return { records: found, base }
  }
  return undefined
}

/**
 * The names below which records may stand (RFC 7672 §2.1.3, §2.2.2): where an alias leads to, when all of the way is proven, and then the
 * host itself, when at least its own zone is. A host in a zone that is not signed is not asked for any: some name servers do not answer
 * such questions, and would hold up all mail.
 */
async function basesOf(dns: SecureDns, host: string, { isSecure, name }: HostAddresses): Promise<string[]> {
  if (isSecure) return name === host ? [host] : [name, host]
  if (name === host) return []
  const alias = await dns.ask('CNAME', host)
  return alias.isSecure && alias.found.length > 0 ? [host] : []
}

export const isSilent = (error: unknown): boolean => error instanceof DnsError && error.kind === 'silent'
