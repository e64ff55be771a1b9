import { openLookUp, reverseName } from '#mail/authentication'
import { DnsError, openCountries, openDns, openTurns, type Config } from '#system'
import { organisationOf } from './organisation.ts'

/** Whose servers letters came from, as far as it is kept: never by their address. */
export interface Source {
  /** `ours`: this server. `named`: by the name of its address, which leads back to it. `unnamed`: it has none. */
  kind: 'ours' | 'named' | 'unnamed'
  /** Of `named`: whose it is, such as `example.net`. */
  name?: string
  /** Of `unnamed`: two letters, where it is known. */
  country?: string
}

/** Addresses of one report that are asked for, and how many at a time. */
const MOST_ASKED = 40
const AT_ONCE = 8

export type SourceSettings = Pick<Config, 'dns' | 'hostname' | 'names' | 'countries'>

/**
 * Finds out whose addresses these are. They are forgotten with the answer.
 * @param addresses  those that matter most first: of the others only the country is told
 */
export async function sourcesOf(config: SourceSettings, addresses: readonly string[]): Promise<Map<string, Source>> {
  const own = await ownAddresses(config)
  const lookUp = openLookUp(config.dns.servers).forLetter()
  const countries = openCountries(config.countries)
  const inTurn = openTurns(AT_ONCE)
  const found = await Promise.all(
    addresses.map(async (address, i): Promise<[string, Source]> => {
      if (own.has(address)) return [address, { kind: 'ours' }]
      const name = i < MOST_ASKED ? await inTurn(() => reverseName(address, lookUp)) : undefined
      if (name !== undefined) return [address, { kind: 'named', name: organisationOf(name) }]
      const country = await countries.find(address)
      return [address, { kind: 'unnamed', ...(country === undefined ? {} : { country }) }]
    }),
  )
  return new Map(found)
}

async function ownAddresses(config: SourceSettings): Promise<ReadonlySet<string>> {
  const dns = openDns(config)
  const own = await Promise.all(
    [config.hostname, ...config.names].map((name) =>
      dns.addresses(name).catch((error: unknown) => {
        if (error instanceof DnsError) return []
        throw error
      }),
    ),
  )
  return new Set(own.flat())
}
