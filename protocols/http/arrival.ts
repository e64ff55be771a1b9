import type { IncomingMessage } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import { TLSSocket } from 'node:tls'
import type { Config } from '#system'

/** How a request came: from whom, and under which name it asks for us. */
export interface Arrival {
  /** The client's IP address; in memory only. */
  readonly client: string
  readonly isFromLoopback: boolean
  /** By a proxy of ours. */
  readonly isForwarded: boolean
  readonly isSecure: boolean
  /** As asked for, in lower case, without port; an IPv6 address in brackets. Undefined when the Host is not well-formed. */
  readonly hostname: string | undefined
  /** Host with port, as in an URL. */
  readonly host: string
  /** Scheme, host and port. */
  readonly origin: string
}

/** Host, then port. RFC 9110 §7.2, RFC 3986 §3.2.2; names as DNS has them. */
const HOST = /^((?:[a-z\d_](?:[a-z\d_-]*[a-z\d_])?\.)*[a-z\d_](?:[a-z\d_-]*[a-z\d_])?|\[[\da-f:.]+\])(?::(\d{1,5}))?$/

/** What a trial may be called besides its own names. */
const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]']

export interface Arrivals {
  /** Facts about a request; worked out once for each. */
  of(incoming: IncomingMessage): Arrival
  /** Whether it asks for a name that is ours. */
  isForUs(arrival: Arrival): boolean
}

/** Headers that say who forwarded what are believed from `config.proxies` alone; anybody can write them. */
export function openArrivals(config: Config): Arrivals {
  const proxies = listOf(config.proxies)
  const loopback = listOf(['127.0.0.0/8', '::1'])
  const names = new Set(
    [config.hostname, ...config.names, ...(config.trial ? LOOPBACK_NAMES : [])].map((name) => name.toLowerCase()),
  )
  const known = new WeakMap<IncomingMessage, Arrival>()

  const workOut = (incoming: IncomingMessage): Arrival => {
    const peer = plainAddress(incoming.socket.remoteAddress ?? '')
    const isProxied = includes(proxies, peer)
    const forwarded = (name: string): string | undefined =>
      isProxied ? listed(incoming.headers[name]).at(-1) : undefined

    const host = (forwarded('x-forwarded-host') ?? hostAsked(incoming)).toLowerCase()
    const scheme = forwarded('x-forwarded-proto') ?? (incoming.socket instanceof TLSSocket ? 'https' : 'http')
    const client = isProxied ? (clientBehind(proxies, listed(incoming.headers['x-forwarded-for'])) ?? peer) : peer
    const isSecure = scheme === 'https'
    return {
      client,
      isFromLoopback: !isProxied && includes(loopback, peer),
      isForwarded: isProxied,
      isSecure,
      hostname: HOST.exec(host)?.[1],
      host,
      origin: `${isSecure ? 'https' : 'http'}://${host}`,
    }
  }

  return {
    of(incoming) {
      let arrival = known.get(incoming)
      if (arrival === undefined) known.set(incoming, (arrival = workOut(incoming)))
      return arrival
    },
    isForUs: ({ hostname }) => hostname !== undefined && names.has(hostname),
  }
}

/** A target with a host of its own goes before the Host header. RFC 9112 §3.2.2. */
function hostAsked({ url = '/', headers }: IncomingMessage): string {
  const absolute = /^https?:\/\/([^/?#]*)/i.exec(url)
  return absolute?.[1] ?? headers.host ?? ''
}

/** Each proxy adds whom it saw at the end: the last that is not one of ours is the client. */
function clientBehind(proxies: BlockList, chain: readonly string[]): string | undefined {
  const addresses = chain.map((address) => plainAddress(address.replace(/^\[(.*)\](?::\d+)?$/, '$1')))
  return addresses.findLast((address) => address !== '' && !includes(proxies, address))
}

function listed(header: string | string[] | undefined): string[] {
  return (Array.isArray(header) ? header.join(',') : (header ?? '')).split(',').flatMap((part) => part.trim() || [])
}

/** Without zone; an IPv4 address within IPv6 as itself. */
function plainAddress(address: string): string {
  return (address.split('%', 1)[0] as string).replace(/^::ffff:(?=\d+\.)/i, '')
}

function listOf(addresses: readonly string[]): BlockList {
  const list = new BlockList()
  for (const address of addresses) {
    const [base = '', bits] = address.split('/')
    const family = isIPv6(base) ? 'ipv6' : 'ipv4'
    if (bits === undefined) list.addAddress(base, family)
    else list.addSubnet(base, Number(bits), family)
  }
  return list
}

function includes(list: BlockList, address: string): boolean {
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
