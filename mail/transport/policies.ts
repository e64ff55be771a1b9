import { LONGEST_POLICY, parseStsPolicy, parseStsRecords, type StsPolicy } from '#formats/sts'
import { DnsError, now, nowMs, openFetch, Refusal, type Config, type GuardedFetch, type SecureDns } from '#system'
import type { ServiceKey, Storage } from '#storage'
import type { ResultType } from './result.ts'

/** What is known of a domain's policy now. */
export interface StsStanding {
  /** Undefined: it has none, as far as anybody can tell. */
  policy: StsPolicy | undefined
  /** Why one that there is could not be read. One that was read before goes on counting. */
  failure?: ResultType | undefined
}

export interface StsPolicies {
  /** Never throws for what others do. @throws Refusal 'unavailable' */
  of(domain: string): Promise<StsStanding>
}

/** What is sealed of a policy. */
interface Kept {
  domain: string
  id: string | undefined
  text: string
}

/** For so long nobody is asked again, whatever was said (RFC 8461 §3.3 wants five minutes after a failure). */
const REMEMBERED_MS = 300_000
const MOST_REMEMBERED = 10_000

const DAY_MS = 86_400_000

/** A policy that nobody has needed for so long is not refreshed; it counts until it ends all the same. */
const IN_USE_MS = 30 * DAY_MS

/** Policies that are refreshed in one go. */
const MOST_REFRESHED = 500

const placeOf = (key: Buffer): string => `sts_policy/${key.toString('base64url')}`

export interface StsSource {
  config: Pick<Config, 'dns' | 'fetch'>
  storage: Storage
  dns: SecureDns
  /** Of the web server with the policy; tests have theirs elsewhere. */
  port?: number | undefined
}

/** The MTA-STS policies of other domains: asked for where mail goes, kept until they end (RFC 8461 §5.1). */
export function openStsPolicies(source: StsSource): StsPolicies {
  const remembered = new Map<string, { until: number; standing: Promise<StsStanding> }>()
  const find = openFinding(source)
  return {
    of(domain) {
      const known = remembered.get(domain)
      if (known !== undefined && known.until > nowMs()) return known.standing
      const standing = find(domain)
      remembered.delete(domain)
      remembered.set(domain, { until: nowMs() + REMEMBERED_MS, standing })
      standing.catch(() => remembered.delete(domain))
      if (remembered.size > MOST_REMEMBERED) remembered.delete(remembered.keys().next().value as string)
      return standing
    },
  }
}

function openFinding({ config, storage, dns, port }: StsSource): (domain: string) => Promise<StsStanding> {
  const fetch = openFetch(config)
  return async (domain) => {
    const key = await storage.keys.serviceKey('transport')
    const kept = await load(storage, key, domain)
    const id = await idOf(dns, domain)
    // Who denies that there is a policy does not undo one that has not ended (RFC 8461 §10.2).
    if (id === undefined || id === kept?.id) return { policy: kept?.policy }
    const fetched = await fetchPolicy(fetch, domain, port)
    if ('failure' in fetched) return { policy: kept?.policy, failure: fetched.failure }
    await keep(storage, key, { domain, id, text: fetched.text }, fetched.policy)
    return { policy: fetched.policy }
  }
}

/** @returns undefined when there is none, or nobody can tell */
async function idOf(dns: SecureDns, domain: string): Promise<string | undefined> {
  try {
    return parseStsRecords((await dns.ask('TXT', `_mta-sts.${domain}`)).found)
  } catch (error) {
    if (error instanceof DnsError) return undefined
    throw error
  }
}

type Fetched = { policy: StsPolicy; text: string } | { failure: ResultType }

/** RFC 8461 §3.3: over HTTPS, the certificate proven, no redirect followed. */
async function fetchPolicy(fetch: GuardedFetch, domain: string, port = 443): Promise<Fetched> {
  try {
    const { status, type, body } = await fetch({
      url: `https://mta-sts.${domain}${port === 443 ? '' : `:${port}`}/.well-known/mta-sts.txt`,
      schemes: ['https:'],
      accept: 'text/plain',
      maxBytes: LONGEST_POLICY,
      maxRedirects: 0,
    })
    if (status !== 200) return { failure: 'sts-policy-fetch-error' }
    const text = body.toString()
    const policy = type === 'text/plain' ? parseStsPolicy(text) : undefined
    return policy === undefined ? { failure: 'sts-policy-invalid' } : { policy, text }
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (error.reason === 'tooLarge') return { failure: 'sts-policy-invalid' }
    return { failure: isOfCertificate(error.cause) ? 'sts-webpki-invalid' : 'sts-policy-fetch-error' }
  }
}

/** Codes of Node and OpenSSL by which a certificate was not believed. */
const isOfCertificate = (cause: unknown): boolean =>
  /CERT|SIGNED|SIGNATURE|ISSUER|VERIFY/.test((cause as NodeJS.ErrnoException | undefined)?.code ?? '')

async function load(
  { database }: Storage,
  service: ServiceKey,
  domain: string,
): Promise<{ id: string | undefined; policy: StsPolicy } | undefined> {
  const key = keyOf(service, domain)
  const { rows } = await database.sql<{ sealed: Buffer; used_at: Date }>`
    select sealed, used_at from sts_policy where key = ${key} and ends_at > ${now()}`
  const [row] = rows
  if (row === undefined) return undefined
  if (row.used_at.getTime() < nowMs() - DAY_MS)
    await database.sql`update sts_policy set used_at = ${now()} where key = ${key}`
  const { id, text } = open(service, key, row.sealed)
  const policy = parseStsPolicy(text)
  return policy === undefined ? undefined : { id, policy }
}

async function keep({ database }: Storage, service: ServiceKey, kept: Kept, { maxAge }: StsPolicy): Promise<void> {
  const key = keyOf(service, kept.domain)
  await database.sql`
    insert into sts_policy (key, sealed, fetched_at, checked_at, used_at, ends_at)
    values (${key}, ${service.seal(placeOf(key), JSON.stringify(kept))}, ${now()}, ${now()}, ${now()},
      ${new Date(nowMs() + maxAge * 1000)})
    on conflict (key) do update set sealed = excluded.sealed, fetched_at = excluded.fetched_at,
      checked_at = excluded.checked_at, ends_at = excluded.ends_at`
}

const keyOf = (service: ServiceKey, domain: string): Buffer => service.hash(`sts\0${domain}`)

const open = (service: ServiceKey, key: Buffer, sealed: Buffer): Kept =>
  JSON.parse(service.open(placeOf(key), sealed).toString()) as Kept

/**
 * Fetches the policies anew that are in use and were not looked at for a day, so that they do not end while their domains keep them up
 * (RFC 8461 §10.2). One that cannot be fetched counts until it ends.
 */
export async function refreshStsPolicies(source: StsSource): Promise<{ refreshed: number; failed: number }> {
  const { config, storage, dns, port } = source
  const { database, keys } = storage
  const service = await keys.serviceKey('transport')
  const fetch = openFetch(config)
  // Marked first: several processes share the work, and what fails is not tried again before tomorrow.
  const { rows } = await database.sql<{ key: Buffer; sealed: Buffer }>`
    update sts_policy set checked_at = ${now()} where key in (
      select key from sts_policy
      where checked_at < ${new Date(nowMs() - DAY_MS)} and used_at > ${new Date(nowMs() - IN_USE_MS)} and ends_at > ${now()}
      order by checked_at limit ${MOST_REFRESHED} for update skip locked)
    returning key, sealed`
  let refreshed = 0
  for (const { key, sealed } of rows) {
    const { domain, id } = open(service, key, sealed)
    const fetched = await fetchPolicy(fetch, domain, port)
    if ('failure' in fetched) continue
    await keep(storage, service, { domain, id: (await idOf(dns, domain)) ?? id, text: fetched.text }, fetched.policy)
    refreshed++
  }
  return { refreshed, failed: rows.length - refreshed }
}
