import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Config } from './config.ts'

/** A mail exchanger, and how much it is preferred: the lowest number first (RFC 5321 §5.1). */
export interface MailExchanger {
  name: string
  preference: number
}

/** What the name servers say, each answer bounded in time and number. */
export interface Dns {
  /**
   * The hosts that take mail for a domain, the most preferred first; without an MX record the domain itself (RFC 5321
   * §5.1). Empty when the domain takes none (RFC 7505). @throws DnsError
   */
  mailExchangers(domain: string): Promise<MailExchanger[]>
  /** The addresses of a host, IPv6 and IPv4 in turn. @throws DnsError */
  addresses(host: string): Promise<string[]>
  /** The texts at a name, the strings of each joined (RFC 6376 §3.6.2.2); none when there is nothing. @throws DnsError 'silent' */
  texts(name: string): Promise<string[]>
}

/** `absent`: there is no such name, or nothing of the kind at it. `silent`: nobody could tell; asking later may help. */
export class DnsError extends Error {
  override name = 'DnsError'
  readonly kind: 'absent' | 'silent'
  constructor(kind: DnsError['kind'], options?: ErrorOptions) {
    super(kind, options)
    this.kind = kind
  }
}

/** For each server and each try, in milliseconds; all together a question takes 20 seconds at most with two servers. */
const TIMEOUT_MS = 5000
const TRIES = 2

/** Hosts of a domain and addresses of a host that are looked at: a hostile zone may name thousands. */
export const EXCHANGERS_TAKEN = 20
export const ADDRESSES_TAKEN = 8
const MOST_TEXTS = 100

/** Codes of Node by which a name server says that there is nothing. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA'])

/** @param timeoutMs  for each try */
export function openDns({ dns }: Pick<Config, 'dns'>, timeoutMs = TIMEOUT_MS): Dns {
  const resolver = new Resolver({ timeout: timeoutMs, tries: TRIES })
  if (dns.servers.length > 0) resolver.setServers(dns.servers)

  /** @returns undefined when there is nothing of the kind; `isName` tells whether the name exists at all */
  const ask = async <T>(question: Promise<T[]>): Promise<{ found: T[]; isName: boolean }> => {
    try {
      return { found: await question, isName: true }
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? ''
      if (ABSENT.has(code)) return { found: [], isName: code === 'ENODATA' }
      throw new DnsError('silent', { cause: error })
    }
  }

  return {
    async mailExchangers(domain) {
      const { found, isName } = await ask(resolver.resolveMx(domain))
      if (found.length === 0) {
        if (!isName) throw new DnsError('absent')
        return [{ name: domain, preference: 0 }]
      }
      const exchangers = found.map(({ exchange, priority }) => ({ exchange, preference: priority }))
      return orderExchangers(exchangers).slice(0, EXCHANGERS_TAKEN)
    },

    async addresses(host) {
      if (isIP(host) !== 0) return [host]
      const [six, four] = await Promise.allSettled([ask(resolver.resolve6(host)), ask(resolver.resolve4(host))])
      const found = [six, four].map((answer) => (answer.status === 'fulfilled' ? answer.value.found : []))
      const addresses = inTurn(shuffled(found[0] as string[]), shuffled(found[1] as string[]))
      if (addresses.length > 0) return addresses.slice(0, ADDRESSES_TAKEN)
      for (const answer of [six, four]) if (answer.status === 'rejected') throw answer.reason
      throw new DnsError('absent')
    },

    async texts(name) {
      const { found } = await ask(resolver.resolveTxt(name))
      return found.slice(0, MOST_TEXTS).map((strings) => strings.join(''))
    },
  }
}

/** The most preferred first. RFC 7505 §3: a single record with an empty host says that no mail is taken. */
export const orderExchangers = (found: readonly { exchange: string; preference: number }[]): MailExchanger[] =>
  shuffled(found)
    .filter(({ exchange }) => exchange !== '' && exchange !== '.')
    .map(({ exchange, preference }) => ({ name: exchange.toLowerCase(), preference }))
    .toSorted((a, b) => a.preference - b.preference)

/** RFC 5321 §5.1: hosts of one preference are taken in random order, so that they share the load. */
export function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, order: Math.random() }))
    .toSorted((a, b) => a.order - b.order)
    .map(({ value }) => value)
}

export function inTurn(six: string[], four: string[]): string[] {
  const both: string[] = []
  for (let i = 0; i < Math.max(six.length, four.length); i++)
    both.push(...[six[i], four[i]].filter((address) => address !== undefined))
  return both
}

/** `host:port`, the host of IPv6 in brackets, as two values. */
export function splitHostAndPort(text: string): { host: string; port: number } {
  const colon = text.lastIndexOf(':')
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(colon + 1)) }
}
