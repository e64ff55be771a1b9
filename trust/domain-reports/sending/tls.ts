import { gzipSync } from 'node:zlib'
import { parseTags, writeTlsReport, type TlsPolicyType, type TlsReport } from '#formats/domain-reports'
import { markTlsSessionsReported, readTlsSessions } from '#mail/transport'
import { DnsError, nowMs, openDns, openFetch, type Config, type Dns, type GuardedFetch } from '#system'
import type { Storage } from '#storage'
import { otherDomainKey } from '../kept.ts'
import { deliverReport, sentOn, type Delivered } from './deliver.ts'
import { destinationsIn, type Destination } from './destination.ts'
import { senderOf, submitterOf } from './letter.ts'

const DAY_MS = 86_400_000

/** Days that are looked back at: a server that was off tells of them, and a web server that was away is asked again. */
const DAYS_BACK = 3

/** Reports of one round; the next goes on. */
const MOST_IN_ROUND = 1000

/** What was counted of a domain's servers on one day. */
export interface CountedSessions {
  domain: string
  policies: readonly {
    policy: { type: TlsPolicyType; strings: readonly string[]; mxHosts: readonly string[] }
    successes: number
    failures: readonly {
      type: TlsReport['policies'][number]['details'][number]['type']
      mx: string | undefined
      sessions: number
    }[]
  }[]
}

/** Where sessions are counted. */
export interface SessionCounts {
  read(day: string): Promise<readonly CountedSessions[]>
  /** The domain has been told of the day, or does not want to be. */
  forget(day: string, domain: string): Promise<void>
}

/** Those of the part that delivers. */
export const sessionCounts = (storage: Storage): SessionCounts => ({
  read: (day) => readTlsSessions(storage, day),
  forget: (day, domain) => markTlsSessionsReported(storage, day, domain),
})

export type SendingSettings = Pick<Config, 'dns' | 'fetch' | 'hostname'>

/** Tells each domain that asks for it how TLS to its servers went on the days before. RFC 8460. */
export async function sendTlsReports(
  storage: Storage,
  config: SendingSettings,
  sessions: SessionCounts,
): Promise<Record<Delivered | 'unasked', number>> {
  const done = { sent: 0, failed: 0, waiting: 0, known: 0, unasked: 0 }
  const dns = openDns(config)
  const fetch = openFetch(config)
  const submitter = await submitterOf(storage, config)
  for (let back = 1; back <= DAYS_BACK; back++) {
    const day = new Date(nowMs() - back * DAY_MS).toISOString().slice(0, 10)
    const isLast = back === DAYS_BACK
    for (const counted of await sessions.read(day)) {
      if (done.sent + done.failed >= MOST_IN_ROUND) return done
      const became = await tell({ storage, fetch, dns, submitter }, day, counted, isLast)
      done[became]++
      if (became !== 'waiting') await sessions.forget(day, counted.domain)
    }
  }
  return done
}

interface Tools {
  storage: Storage
  fetch: GuardedFetch
  dns: Dns
  submitter: string
}

async function tell(
  { storage, fetch, dns, submitter }: Tools,
  day: string,
  { domain, policies }: CountedSessions,
  isLast: boolean,
): Promise<Delivered | 'unasked'> {
  const key = await storage.keys.serviceKey('domainReports')
  const domainKey = otherDomainKey(key, domain)
  if ((await sentOn(storage, 'tls', day)).has(domainKey.toString('base64'))) return 'known'
  const destinations = await wanted(dns, domain)
  if (destinations === 'silent') return isLast ? 'unasked' : 'waiting'
  if (destinations.length === 0) return 'unasked'
  const begin = new Date(day)
  // The same each time it is tried: whoever gets it twice knows it.
  const reportId = `${day}.${domainKey.toString('hex').slice(0, 16)}@${submitter}`
  const report: TlsReport = {
    organisation: submitter,
    contact: senderOf('tls', submitter),
    reportId,
    begin,
    end: new Date(begin.getTime() + DAY_MS - 1000),
    policies: policies.map(({ policy, successes, failures }) => ({
      type: policy.type,
      domain,
      strings: [...policy.strings],
      mxHosts: [...policy.mxHosts],
      successes,
      failures: failures.reduce((sum, failure) => sum + failure.sessions, 0),
      details: failures.map(({ type, mx, sessions: count }) => ({
        type,
        ...(mx === undefined ? {} : { mxHost: mx }),
        count,
      })),
    })),
  }
  const sum = (of: 'successes' | 'failures'): number => report.policies.reduce((total, policy) => total + policy[of], 0)
  return deliverReport(
    {
      storage,
      fetch,
      submitter,
      day,
      destinations,
      isLast,
      said: { passed: sum('successes'), failed: sum('failures') },
    },
    {
      kind: 'tls',
      domain,
      reportId,
      // RFC 8460 §5.3: sender!policy-domain!begin!end!unique-id.
      fileName: `${submitter}!${domain}!${begin.getTime() / 1000}!${begin.getTime() / 1000 + 86_399}!${domainKey.toString('hex').slice(0, 8)}.json.gz`,
      content: gzipSync(writeTlsReport(report)),
    },
  )
}

async function wanted(dns: Dns, domain: string): Promise<Destination[] | 'silent'> {
  try {
    const texts = await dns.texts(`_smtp._tls.${domain}`)
    const records = texts.map((text) => parseTags(text, 'TLSRPTv1')).filter((tags) => tags !== undefined)
    // RFC 8460 §3: more than one record is as none.
    return records.length === 1 ? destinationsIn(records[0]?.get('rua') ?? '') : []
  } catch (error) {
    if (error instanceof DnsError) return 'silent'
    throw error
  }
}
