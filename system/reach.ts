import { readFileSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { getCACertificates } from 'node:tls'
import type { Config } from './config/index.ts'
import { openDns } from './dns.ts'
import { isPublicAddress } from './public-address.ts'
import { Refusal } from './refusal.ts'

/** Addresses of one host that are tried when it does not answer. */
const MOST_TRIES = 3

/** Where the program may go when a person names the host (DESIGN §7), and whom it believes there. */
export interface Reach {
  /**
   * The addresses of a host, resolved once: a connection goes to one of these and nowhere else.
   * @param ports  those of the services that are spoken to; no other is knocked at
   * @throws Refusal 'notFound' when nobody knows the host, 'forbidden' when one of its addresses or the port is not for the public
   */
  addresses(host: string, port: number, ports: ReadonlySet<number>): Promise<string[]>
  /** Authorities to believe; undefined for the usual ones. */
  ca: string[] | undefined
}

export function openReach(config: Pick<Config, 'dns' | 'fetch'>): Reach {
  const dns = openDns(config)
  const allowed = new Set(config.fetch.allow)
  const { authority } = config.fetch
  return {
    ca: authority === undefined ? undefined : [...getCACertificates('default'), readFileSync(authority, 'utf8')],
    async addresses(host, port, ports) {
      const found = await dns.addresses(host).catch((error: unknown) => {
        throw new Refusal('notFound', { cause: error })
      })
      // One that is not public among others that are is there to be hit by chance.
      const isAllowed = (address: string): boolean =>
        allowed.has(`${isIPv6(address) ? `[${address}]` : address}:${port}`) ||
        (ports.has(port) && isPublicAddress(address))
      if (found.length === 0 || !found.every(isAllowed)) throw new Refusal('forbidden', { fields: ['url'] })
      return found.slice(0, MOST_TRIES)
    },
  }
}
