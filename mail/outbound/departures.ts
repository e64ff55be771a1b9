import { isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { Config } from '#system'

/** How letters leave to some destinations. */
export interface Departure {
  /** Apart from those that leave otherwise: connections made one way serve no other. */
  name: string
  /** Of this machine, one of each family at most; none: any. */
  addresses: readonly string[]
  heloName: string
  maxDeliveries: number | undefined
}

/** Finds how letters leave to a domain: by the first entry of the settings that names it. */
export function openDepartures({
  departures,
  hostname,
}: Pick<Config, 'departures' | 'hostname'>): (domain: string) => Departure {
  const byPattern = new Map<string, number>()
  for (const [i, { to }] of departures.entries())
    for (const pattern of to) if (!byPattern.has(pattern)) byPattern.set(pattern, i)
  const usual: Departure = { name: '', addresses: [], heloName: hostname, maxDeliveries: undefined }
  const entries = departures.map(({ addresses, heloName, maxDeliveries }, i): Departure => ({
    name: ` by ${i + 1}`,
    addresses,
    heloName: heloName ?? hostname,
    maxDeliveries,
  }))
  return (domain) => {
    const found = patternsOf(domain).flatMap((pattern) => byPattern.get(pattern) ?? [])
    return entries[Math.min(...found)] ?? usual
  }
}

/** The domain itself, those above it that may stand for what lies below them, and what stands for all. */
function patternsOf(domain: string): string[] {
  const labels = domain.split('.')
  return [domain, ...labels.slice(1).map((_, i) => `*.${labels.slice(i + 1).join('.')}`), '*']
}

/**
 * From which address to ask a machine.
 * @returns undefined: from any; 'none': it is reached by a family of which no address is set
 */
export function localAddressFor({ addresses }: Departure, address: string): string | undefined {
  if (addresses.length === 0) return undefined
  return addresses.find((own) => isIPv6(own) === isIPv6(address)) ?? 'none'
}

/** Entries of the settings, from 1, with an address that this machine has not. */
export function entriesAstray({ departures }: Pick<Config, 'departures'>, interfaces = networkInterfaces()): number[] {
  const own = new Set(Object.values(interfaces).flatMap((all) => (all ?? []).map(({ address }) => address)))
  // The loopback has all of its addresses.
  const isOwn = (address: string): boolean => own.has(address) || address.startsWith('127.')
  return departures.flatMap(({ addresses }, i) => (addresses.every(isOwn) ? [] : [i + 1]))
}
