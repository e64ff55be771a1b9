import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Config } from './config/index.ts'

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
  /**
   * The records of a type at a name, each as a zone file has its value, without the dots at the end of names and in lower case:
   * `10 mail.example.org`, `0 issue "ca.example"`, `3 1 1 ab12…`; a text as it is. None when there is nothing. An alias is followed,
   * unless it is asked for. @throws DnsError 'silent'
   */
  records(name: string, type: RecordType): Promise<string[]>
  /** One answer as Node has it, for packages that evaluate records themselves. Rejects with the codes of Node. */
  resolve(name: string, type: string): Promise<unknown>
}

export const RECORD_TYPES = ['TXT', 'MX', 'A', 'AAAA', 'CNAME', 'SRV', 'CAA', 'TLSA', 'PTR'] as const
export type RecordType = (typeof RECORD_TYPES)[number]

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
const MOST_RECORDS = 100

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

    async records(name, type) {
      const { found } = await ask(ASKING[type](resolver, name))
      return found.slice(0, MOST_RECORDS)
    },

    resolve: (name, type) => resolver.resolve(name, type),
  }
}

const plainName = (name: string): string => name.toLowerCase().replace(/\.$/, '') || '.'

/** How each type is asked for, and how its value is written. */
const ASKING: Record<RecordType, (resolver: Resolver, name: string) => Promise<string[]>> = {
  TXT: async (resolver, name) => (await resolver.resolveTxt(name)).map((strings) => strings.join('')),
  MX: async (resolver, name) =>
    (await resolver.resolveMx(name))
      .toSorted((a, b) => a.priority - b.priority)
      .map(({ priority, exchange }) => `${priority} ${plainName(exchange)}`),
  A: (resolver, name) => resolver.resolve4(name),
  AAAA: (resolver, name) => resolver.resolve6(name),
  CNAME: async (resolver, name) => (await resolver.resolveCname(name)).map(plainName),
  PTR: async (resolver, name) => (await resolver.resolvePtr(name)).map(plainName),
  SRV: async (resolver, name) =>
    (await resolver.resolveSrv(name)).map(
      ({ priority, weight, port, name: target }) => `${priority} ${weight} ${port} ${plainName(target)}`,
    ),
  CAA: async (resolver, name) =>
    (await resolver.resolveCaa(name)).flatMap(({ critical, ...tags }) =>
      Object.entries(tags)
        .filter(([tag]) => tag !== 'type')
        .map(([tag, value]) => `${critical} ${tag} "${value}"`),
    ),
  TLSA: async (resolver, name) =>
    (await resolver.resolveTlsa(name)).map(
      ({ certUsage, selector, match, data }) =>
        `${certUsage} ${selector} ${match} ${Buffer.from(data).toString('hex')}`,
    ),
}

/** The name at which an address tells its host: RFC 1035 §3.5, RFC 3596 §2.5. */
export function reverseName(address: string): string {
  if (isIP(address) === 4) return `${address.split('.').toReversed().join('.')}.in-addr.arpa`
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const groupsOf = (part: string | undefined): string[] => (part === undefined || part === '' ? [] : part.split(':'))
  const [before, after] = [groupsOf(head), groupsOf(tail)]
  const between = Array.from({ length: 8 - before.length - after.length }, () => '0')
  const nibbles = [...before, ...between, ...after].map((group) => group.padStart(4, '0')).join('')
  return `${[...nibbles.toLowerCase()].toReversed().join('.')}.ip6.arpa`
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
