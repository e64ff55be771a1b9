import { readFileSync } from 'node:fs'
import { createSecureContext, getCACertificates, type SecureContext } from 'node:tls'
import { matchesHost } from '#formats/sts'
import { nowMs, openDns, openSecureDns, type Config, type Log, type MailExchanger, type SecureDns } from '#system'
import type { Storage } from '#storage'
import { findDane, isSilent, type HostAddresses } from './dane.ts'
import type { Care, Demand } from './demand.ts'
import { openStsPolicies, type StsStanding } from './policies.ts'
import type { ReportedPolicy, ResultType } from './result.ts'
import { openTlsCounts } from './sessions.ts'
import { stringsOf, usableOf } from './tlsa.ts'

/** A domain that mail goes to. */
export interface Destination {
  domain: string
  /** The most preferred first. */
  exchangers: MailExchanger[]
  /** DNSSEC proves which they are. */
  isSecure: boolean
  /** The domain, and where its aliases lead to (RFC 7672 §3.2.2). */
  names: string[]
  sts: StsStanding
}

/** What to do about a host. */
export type HostFound =
  | { addresses: string[]; demand: Demand }
  /** It must not be asked: a policy leaves it out, or nobody can tell what it has to prove. */
  | { isRuledOut: true }

export interface Transport {
  /** @throws DnsError, Refusal 'unavailable' */
  destination(domain: string): Promise<Destination>
  /** @throws DnsError */
  host(destination: Destination, name: string, port: number, care: Care): Promise<HostFound>
  /** Counts how a session went, for the report to the domain. */
  count(demand: Demand, host: string, failure: ResultType | undefined): void
  /** Authorities that are believed beside the usual ones; undefined where there are none. */
  readonly authorities: SecureContext | undefined
  close(): Promise<void>
}

export interface TransportContext {
  config: Pick<Config, 'dns' | 'fetch'>
  storage: Storage
  log: Log
  /** Of web servers with policies; tests have theirs elsewhere. */
  stsPort?: number | undefined
}

/** How long it is remembered whether a domain asks for reports. */
const WISH_MS = 3_600_000
const MOST_WISHES = 10_000

const NO_POLICY: ReportedPolicy = { type: 'no-policy-found', strings: [], mxHosts: [] }

/** What other domains say by which their mail servers are known: DANE (RFC 7672) before MTA-STS (RFC 8461 §2). */
export function openTransport({ config, storage, log, stsPort }: TransportContext): Transport {
  const dns = openSecureDns(config)
  const plain = openDns(config)
  const policies = openStsPolicies({ config, storage, dns, port: stsPort })
  const counts = openTlsCounts(storage, log, openWishes(dns))

  const addressesOf = async (host: string): Promise<HostAddresses> =>
    dns.isValidating ? dns.addresses(host) : { addresses: await plain.addresses(host), isSecure: false, name: host }

  return {
    authorities: authoritiesOf(config),
    async destination(domain) {
      const [found, sts] = await Promise.all([
        dns.isValidating
          ? dns.mailExchangers(domain)
          : plain.mailExchangers(domain).then((exchangers) => ({ exchangers, isSecure: false, name: domain })),
        policies.of(domain),
      ])
      const names = found.isSecure && found.name !== domain ? [domain, found.name] : [domain]
      return { domain, exchangers: found.exchangers, isSecure: found.isSecure, names, sts }
    },
    async host(destination, name, port, care) {
      const { domain, isSecure, sts } = destination
      const addresses = await addressesOf(name)
      const usual = usualDemand(destination, name, care)
      let dane
      try {
        dane = isSecure ? await findDane(dns, name, port, addresses) : undefined
      } catch (error) {
        if (!isSilent(error)) throw error
        counts.count({ domain, policy: { ...NO_POLICY, type: 'tlsa' }, mx: name, failure: 'dnssec-invalid' })
        return care === 'asItMay' ? { addresses: addresses.addresses, demand: usual } : { isRuledOut: true }
      }
      if (dane !== undefined) {
        const usable = usableOf(dane.records)
        const demand: Demand = {
          ...usual,
          policy: { type: 'tlsa', strings: stringsOf(dane.records), mxHosts: [] },
          by: usable.length === 0 ? undefined : { dane: usable, names: [dane.base, ...destination.names] },
          isEncryptionBound: usable.length === 0,
          serverName: dane.base,
          isHostProven: true,
          failure: usable.length === 0 ? 'tlsa-invalid' : undefined,
        }
        return { addresses: addresses.addresses, demand }
      }
      if (sts.policy?.mode === 'enforce' && !matchesHost(sts.policy, name) && care !== 'asItMay') {
        counts.count({ domain, policy: usual.policy, mx: name, failure: 'validation-failure' })
        return { isRuledOut: true }
      }
      return { addresses: addresses.addresses, demand: usual }
    },
    count: ({ domain, policy }, mx, failure) => counts.count({ domain, policy, mx, failure }),
    close: () => counts.close(),
  }
}

/** What a host has to prove that has no TLSA records. */
function usualDemand({ domain, isSecure, sts }: Destination, host: string, care: Care): Demand {
  const { policy, failure } = sts
  const isListed = policy !== undefined && policy.mode !== 'none' && matchesHost(policy, host)
  const bare = { domain, care, serverName: host, isEncryptionBound: false }
  if (policy === undefined || policy.mode === 'none') {
    const none = failure === undefined ? NO_POLICY : { ...NO_POLICY, type: 'sts' as const }
    return { ...bare, policy: none, by: undefined, isHostProven: isSecure, failure }
  }
  return {
    ...bare,
    policy: { type: 'sts', strings: policy.lines, mxHosts: policy.hosts },
    by: { sts: policy.mode },
    isHostProven: isSecure || (isListed && policy.mode === 'enforce'),
    failure: isListed ? failure : 'validation-failure',
  }
}

/** Whether a domain asks to be told how TLS to its servers goes (RFC 8460 §3). */
function openWishes(dns: SecureDns): (domain: string) => Promise<boolean> {
  const known = new Map<string, { wants: boolean; until: number }>()
  return async (domain) => {
    const kept = known.get(domain)
    if (kept !== undefined && kept.until > nowMs()) return kept.wants
    const texts = await dns.ask('TXT', `_smtp._tls.${domain}`).then(
      ({ found }) => found,
      () => [],
    )
    const wants = texts.filter((text) => /^v=TLSRPTv1[ \t]*;/.test(text)).length === 1
    known.delete(domain)
    known.set(domain, { wants, until: nowMs() + WISH_MS })
    if (known.size > MOST_WISHES) known.delete(known.keys().next().value as string)
    return wants
  }
}

const authoritiesOf = ({ fetch: { authority } }: Pick<Config, 'fetch'>): SecureContext | undefined =>
  authority === undefined
    ? undefined
    : createSecureContext({ ca: [...getCACertificates('default'), readFileSync(authority, 'utf8')] })
