import { gzipSync } from 'node:zlib'
import { dmarcFileName, parseTags, writeDmarcReport, type DmarcReport } from '#formats/domain-reports'
import { plainAddress } from '#mail/domain-reports'
import { DnsError, nowMs, openDns, openFetch, type Dns } from '#system'
import type { ServiceKey, Storage } from '#storage'
import { addressesOn } from '#trust/journal'
import { addressHash } from '../address-hash.ts'
import { arrivalPlace, type KeptArrival } from '../counting.ts'
import { otherDomainKey } from '../kept.ts'
import { deliverReport, sentOn, type Delivered } from './deliver.ts'
import { destinationsIn, type Destination } from './destination.ts'
import { senderOf, submitterOf } from './letter.ts'
import type { SendingSettings } from './tls.ts'

const DAY_MS = 86_400_000

/** Days that are looked back at: a server that was off tells of them. */
const DAYS_BACK = 2

/** Reports of one round; the next goes on. */
const MOST_IN_ROUND = 1000

/** Rows of one report; the least frequent of more are left out. */
const MOST_ROWS = 10_000

/** Of a report, packed. */
const MOST_BYTES = 10 * 1024 * 1024

/** What a day's report about one domain is made of. */
interface Counted {
  kept: KeptArrival
  letters: number
}

/**
 * Tells each domain that asks for it what has arrived in its name on the day before: counts, with the addresses of the servers
 * that it came from, found again in the journal of that day. What cannot be found there is left out. RFC 9990.
 */
export async function sendDmarcReports(
  storage: Storage,
  config: SendingSettings,
): Promise<Record<Delivered | 'unasked', number>> {
  const done = { sent: 0, failed: 0, waiting: 0, known: 0, unasked: 0 }
  const dns = openDns(config)
  const fetch = openFetch(config)
  const key = await storage.keys.serviceKey('domainReports')
  const submitter = await submitterOf(storage, config)
  for (let back = 1; back <= DAYS_BACK; back++) {
    const day = new Date(nowMs() - back * DAY_MS).toISOString().slice(0, 10)
    const { rows: domains } = await storage.database.sql<{ domain_key: Buffer }>`
      select distinct domain_key from dmarc_arrival where day = ${day}::date`
    if (domains.length === 0) continue
    const sent = await sentOn(storage, 'dmarc', day)
    let found: ReadonlyMap<string, string> | undefined
    for (const { domain_key: domainKey } of domains) {
      if (done.sent + done.failed >= MOST_IN_ROUND) return done
      if (sent.has(domainKey.toString('base64'))) {
        done.known++
        continue
      }
      const counted = await countedOf(storage, key, day, domainKey)
      const domain = counted[0]?.kept.policyDomain
      // Retention has taken it meanwhile.
      if (domain === undefined) continue
      const policy = await policyOf(dns, domain)
      const destinations =
        policy === undefined ? [] : await willing(dns, domain, destinationsIn(policy.get('rua') ?? ''))
      if (policy === undefined || destinations.length === 0) {
        done.unasked++
        continue
      }
      found ??= await addressesByHash(storage, day)
      const report = reportOf({ key, day, domain, policy, counted, found, submitter })
      if (report.records.length === 0) {
        done.unasked++
        continue
      }
      const content = gzipSync(writeDmarcReport(report))
      if (content.length > MOST_BYTES) continue
      const passed = report.records.reduce(
        (sum, { dkim, spf, count }) => sum + (dkim === 'pass' || spf === 'pass' ? count : 0),
        0,
      )
      const all = report.records.reduce((sum, { count }) => sum + count, 0)
      const became = await deliverReport(
        {
          storage,
          fetch,
          submitter,
          day,
          destinations,
          isLast: back === DAYS_BACK,
          said: { passed, failed: all - passed },
        },
        { kind: 'dmarc', domain, reportId: report.reportId, fileName: dmarcFileName(submitter, report), content },
      )
      done[became]++
    }
  }
  return done
}

async function countedOf({ database }: Storage, key: ServiceKey, day: string, domainKey: Buffer): Promise<Counted[]> {
  const { rows } = await database.sql<{ row_key: Buffer; sealed: Buffer; letters: number }>`
    select row_key, sealed, letters::float8 as letters from dmarc_arrival
    where day = ${day}::date and domain_key = ${domainKey} order by letters desc, row_key limit ${MOST_ROWS}`
  return rows.map(({ row_key: rowKey, sealed, letters }) => ({
    kept: JSON.parse(key.open(arrivalPlace(day, rowKey), sealed).toString()) as KeptArrival,
    letters,
  }))
}

/** The record of a domain, as it stands now; undefined when there is none, or nobody could tell. */
async function policyOf(dns: Dns, domain: string): Promise<ReadonlyMap<string, string> | undefined> {
  const records = await textsAt(dns, `_dmarc.${domain}`)
  return records.length === 1 ? records[0] : undefined
}

async function textsAt(dns: Dns, name: string): Promise<ReadonlyMap<string, string>[]> {
  try {
    return (await dns.texts(name)).map((text) => parseTags(text, 'DMARC1')).filter((tags) => tags !== undefined)
  } catch (error) {
    if (error instanceof DnsError) return []
    throw error
  }
}

/** Those that want it: an address elsewhere has to say so, else anybody could have somebody flooded. RFC 9990 §4, RFC 7489 §7.1. */
async function willing(dns: Dns, domain: string, destinations: readonly Destination[]): Promise<Destination[]> {
  const found: Destination[] = []
  for (const destination of destinations) {
    // RFC 9990 knows mailto alone.
    if (destination.kind !== 'mailto') continue
    const { domain: other } = destination
    const isOwn = other === domain || other.endsWith(`.${domain}`) || domain.endsWith(`.${other}`)
    if (isOwn || (await textsAt(dns, `${domain}._report._dmarc.${other}`)).length > 0) found.push(destination)
  }
  return found
}

/** The addresses of a day's journal by their hashes. In memory, while the reports of that day are made. */
async function addressesByHash(storage: Storage, day: string): Promise<ReadonlyMap<string, string>> {
  const key = (await storage.keys.journalKeys([day])).get(day)
  const found = new Map<string, string>()
  if (key === undefined) return found
  for await (const addresses of addressesOn(storage, day))
    for (const address of addresses) {
      const plain = plainAddress(address)
      found.set(addressHash(key, day, plain), plain)
    }
  return found
}

interface Making {
  key: ServiceKey
  day: string
  domain: string
  policy: ReadonlyMap<string, string>
  counted: readonly Counted[]
  found: ReadonlyMap<string, string>
  submitter: string
}

function reportOf({ key, day, domain, policy, counted, found, submitter }: Making): DmarcReport {
  const begin = new Date(day)
  return {
    organisation: submitter,
    email: senderOf('dmarc', submitter),
    // The same each time it is tried: whoever gets it twice knows it.
    reportId: `${day}.${otherDomainKey(key, domain).toString('hex').slice(0, 16)}`,
    begin,
    end: new Date(begin.getTime() + DAY_MS - 1000),
    policy: {
      domain,
      p: policy.get('p') ?? 'none',
      sp: policy.get('sp'),
      np: policy.get('np'),
      adkim: policy.get('adkim'),
      aspf: policy.get('aspf'),
      isTesting: policy.get('t') === 'y',
    },
    records: counted.flatMap(({ kept, letters: count }) => {
      const source = found.get(kept.source)
      return source === undefined ? [] : [{ ...kept, source, count }]
    }),
  }
}
