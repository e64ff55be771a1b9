import { BlockList, isIPv6 } from 'node:net'
import { networkInterfaces } from 'node:os'
import { DnsError, type Config, type Dns } from '#system'

/** `server`: for the server's own names. `domain`: for names below a domain that is served, which others look for there. */
export type Purpose = 'server' | 'domain'

export interface Wanted {
  purpose: Purpose
  subject: string
  /** The first is the one without which there is none. */
  names: string[]
}

/** Names below a domain at which others look: RFC 8461 §3.3 for its policy, mail programs for their settings. */
const BELOW_A_DOMAIN = ['mta-sts', 'autoconfig', 'autodiscover']

/** What there should be certificates for, if the names lead here. */
export function wantedFor(
  { hostname, names }: Pick<Config, 'hostname' | 'names'>,
  domains: readonly string[],
): Wanted[] {
  const own = [...new Set([hostname, ...names].map((name) => name.toLowerCase()))]
  return [
    { purpose: 'server', subject: own[0] as string, names: own },
    ...domains.map((domain): Wanted => ({
      purpose: 'domain',
      subject: domain,
      names: BELOW_A_DOMAIN.map((label) => `${label}.${domain}`).filter((name) => !own.includes(name)),
    })),
  ]
}

export type Leads = 'here' | 'elsewhere' | 'unknown' | 'dnsSilent'

/** Tells where names lead: here, if every address of one is of this machine, or one that the settings say is passed on to it. */
export function openWhere(config: Pick<Config, 'addresses' | 'trial'>, dns: Dns): (name: string) => Promise<Leads> {
  const ours = new BlockList()
  for (const address of ownAddresses(config)) ours.addAddress(address, familyOf(address))
  return async (name) => {
    try {
      const found = await dns.addresses(name)
      return found.every((address) => ours.check(address, familyOf(address))) ? 'here' : 'elsewhere'
    } catch (error) {
      if (!(error instanceof DnsError)) throw error
      return error.kind === 'absent' ? 'unknown' : 'dnsSilent'
    }
  }
}

/** Of the machine's interfaces, and those the settings name. Loopback is nobody's outside, but in a trial there is nothing else. */
export function ownAddresses({ addresses, trial }: Pick<Config, 'addresses' | 'trial'>): string[] {
  const ofInterfaces = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ internal, address }) => (trial || !internal) && !address.startsWith('fe80:'))
    .map(({ address }) => address)
  return [...new Set([...addresses, ...ofInterfaces])]
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4')
