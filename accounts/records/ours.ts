import { DnsError, isPublicAddress, type Config, type Dns } from '#system'
import type { Storage } from '#storage'

/** What of the settings decides what stands in the DNS. */
export type RecordSettings = Pick<
  Config,
  | 'hostname'
  | 'names'
  | 'listen'
  | 'addresses'
  | 'proxies'
  | 'https'
  | 'imap'
  | 'pop3'
  | 'managesieve'
  | 'submission'
  | 'smarthost'
  | 'mtaSts'
  | 'tls'
>

/** This server, as the DNS has to name it. */
export interface Ours {
  host: string
  /** The host and whatever else the server is called. */
  names: ReadonlySet<string>
  /** Under which it is reached and sends; empty when nobody can tell. */
  addresses: readonly string[]
}

/** What a list of records is made from. */
export interface Proposing {
  storage: Storage
  config: RecordSettings
  ours: Ours
}

/**
 * The addresses are those of the settings, else the public ones it listens on, else what the DNS says of its name: behind a router a
 * machine knows its own address no other way.
 */
export async function findOurs(config: RecordSettings, dns: Dns): Promise<Ours> {
  const host = config.hostname.toLowerCase()
  const names = new Set([host, ...config.names.map((name) => name.toLowerCase())])
  const set = config.addresses.length > 0 ? config.addresses : config.listen.filter(isPublicAddress)
  return { host, names, addresses: set.length > 0 ? set : await addressesOf(dns, host) }
}

/** The addresses of a name, an alias being followed; none when there is none, or its aliases lead nowhere. */
export async function addressesOf(dns: Dns, name: string): Promise<string[]> {
  try {
    return await dns.addresses(name)
  } catch (error) {
    if (error instanceof DnsError) return []
    throw error
  }
}

/** Whether two addresses are the same, however they are written. */
const canonical = (address: string): string =>
  address.includes(':') ? new URL(`http://[${address}]`).hostname.slice(1, -1) : address

export const isAmong = (addresses: readonly string[], address: string): boolean =>
  addresses.some((one) => canonical(one) === canonical(address))
