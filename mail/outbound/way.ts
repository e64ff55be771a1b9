import { isLocalDomain } from '#accounts'
import type { Care, Demand, Transport } from '#mail/transport'
import { DnsError, isSelfOrNobody, splitHostAndPort, type Config, type Dns } from '#system'
import type { Storage } from '#storage'
import { openDepartures, type Departure } from './departures.ts'
import { DeliveryTrouble, outcomeOf } from './outcome.ts'

/** A machine to talk to. */
export interface Endpoint {
  /** The name of the host, for its certificate and the notification. */
  name: string
  address: string
  port: number
  /** What it has to prove; undefined on a way that the operator has named. */
  demand?: Demand | undefined
}

/** Where the letters of a domain go next. */
export interface Way {
  /** What goes the same way shares connections and limits. */
  lane: string
  isHere: boolean
  care: Care
  /** TLS has to be proven, and we sign in. */
  smarthost?: NonNullable<Config['smarthost']> | undefined
  /** From where, under which name and how many at once. */
  departure?: Departure | undefined
  /** The machines to try, in this order. @throws DeliveryTrouble when there is none */
  endpoints(): AsyncGenerator<Endpoint>
}

/** The port of SMTP between servers (RFC 5321 §4.5.4.2). */
const SMTP_PORT = 25

/**
 * Finds the way to a domain: here, by a route of the settings, through the smarthost, or to its mail exchangers, whichever
 * comes first. What must travel in another way than usual has lanes of its own.
 * @param port  of mail exchangers; tests have theirs elsewhere
 */
export function openWays(
  config: Config,
  storage: Storage,
  dns: Dns,
  transport: Transport,
  port = SMTP_PORT,
): (domain: string, care?: Care) => Promise<Way> {
  const { smarthost } = config
  const departureTo = openDepartures(config)
  return async (domain, care = 'usual') => {
    const departure = departureTo(domain)
    const lane = (name: string): Omit<Way, 'endpoints'> => ({
      lane: `${care === 'usual' ? name : `${name} ${care}`}${departure.name}`,
      isHere: false,
      care,
      departure,
    })
    if (await isLocalDomain(storage, domain)) return { lane: 'here', isHere: true, care, endpoints: nowhere }
    const route = Object.hasOwn(config.routes, domain) ? config.routes[domain] : undefined
    if (route !== undefined) return { ...lane(`route ${route}`), endpoints: to(config, dns, splitHostAndPort(route)) }
    if (smarthost !== undefined) return { ...lane('smarthost'), endpoints: to(config, dns, smarthost), smarthost }
    const endpoints = domain.startsWith('[')
      ? literal(config, domain, port)
      : exchangers(config, transport, { domain, port, care })
    return { ...lane(`domain ${domain}`), endpoints }
  }
}

async function* nowhere(): AsyncGenerator<Endpoint> {}

/** A way that the operator has named: any address will do but our own. */
const to = (config: Config, dns: Dns, { host, port }: { host: string; port: number }) =>
  async function* (): AsyncGenerator<Endpoint> {
    const addresses = await dns.addresses(host).catch(throwTrouble)
    const others = addresses.filter((address) => !isOurs(config, address, port))
    if (others.length === 0) throw new DeliveryTrouble(outcomeOf('loop'))
    for (const address of others) yield { name: host, address, port }
  }

/** RFC 5321 §5.1: the exchangers that are preferred to ourselves, each with all its addresses and what it has to prove. */
const exchangers = (
  config: Config,
  transport: Transport,
  { domain, port, care }: { domain: string; port: number; care: Care },
) =>
  async function* (): AsyncGenerator<Endpoint> {
    const destination = await transport.destination(domain).catch(throwTrouble)
    const all = destination.exchangers
    if (all.length === 0) throw new DeliveryTrouble(outcomeOf('takesNoMail'))
    const names = new Set([config.hostname, ...config.names])
    let last: DeliveryTrouble | undefined
    let found = 0
    for (const { name } of all) {
      // We stand among them: those after us would only send it back.
      if (names.has(name)) {
        last = new DeliveryTrouble(outcomeOf('loop'))
        break
      }
      try {
        const host = await transport.host(destination, name, port, care).catch(throwTrouble)
        if ('isRuledOut' in host) throw new DeliveryTrouble(outcomeOf('notProven', name))
        const { addresses, demand } = host
        if (addresses.some((address) => isOurs(config, address, port))) {
          last = new DeliveryTrouble(outcomeOf('loop'))
          break
        }
        for (const address of addresses.filter((address) => mayBeAsked(config, address))) {
          found++
          yield { name, address, port, demand }
        }
      } catch (error) {
        if (!(error instanceof DeliveryTrouble)) throw error
        // What may come back later counts more than what is not there.
        if (last === undefined || error.outcome.state === 'later') last = error
      }
    }
    if (found === 0) throw last ?? new DeliveryTrouble(outcomeOf('noSuchDomain'))
  }

/** RFC 5321 §4.1.3: an address in place of a domain. */
const literal = (config: Config, domain: string, port: number) =>
  async function* (): AsyncGenerator<Endpoint> {
    const address = domain.slice(1, -1).replace(/^ipv6:/i, '')
    if (isOurs(config, address, port)) throw new DeliveryTrouble(outcomeOf('loop'))
    if (!mayBeAsked(config, address)) throw new DeliveryTrouble(outcomeOf('noSuchDomain'))
    yield { name: address, address, port }
  }

const throwTrouble = (error: unknown): never => {
  if (!(error instanceof DnsError)) throw error
  throw new DeliveryTrouble(outcomeOf(error.kind === 'absent' ? 'noSuchDomain' : 'nameServersSilent'), { cause: error })
}

/** Whether we ourselves listen there. */
function isOurs(config: Config, address: string, port: number): boolean {
  const ports = [config.smtp.port, config.submission.port, config.submission.tlsPort]
  return ports.includes(port) && config.listen.includes(address)
}

/** A stranger's zone must not send us to what listens on this machine alone; in a trial everything is on it. */
const mayBeAsked = (config: Config, address: string): boolean => config.trial || !isSelfOrNobody(address)
