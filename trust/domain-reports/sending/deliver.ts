import type { ReportKind } from '#accounts'
import { enqueue, wakeQueue, type PreparedLetter } from '#mail/outbound'
import { now, Refusal, type GuardedFetch } from '#system'
import type { Storage } from '#storage'
import { otherDomainKey } from '../kept.ts'
import type { Destination } from './destination.ts'
import { mediaTypeOf, prepareReportLetter, type Packed } from './letter.ts'

/** What is sealed of a report that was sent. */
export interface SentReport {
  domain: string
  /** Addresses and web servers that have it. */
  places: number
  passed: number
  failed: number
}

/** `waiting`: nobody could be told now; it is tried again. `known`: it was sent before. */
export type Delivered = 'sent' | 'failed' | 'waiting' | 'known'

/** Of what a web server answers, nothing is read but whether it took the report. */
const MOST_ANSWER = 64 * 1024

export const sentPlace = (kind: ReportKind, day: string, key: Buffer): string =>
  `sent/${kind}/${day}/${key.toString('base64url')}`

export interface Delivery {
  storage: Storage
  fetch: GuardedFetch
  submitter: string
  day: string
  destinations: readonly Destination[]
  said: { passed: number; failed: number }
  /** It is not tried again: that it could not be sent is written down. */
  isLast: boolean
}

/** Sends a report to each place that wants it, once: letters are queued in the transaction that writes down that it was sent. */
export async function deliverReport(delivery: Delivery, packed: Packed): Promise<Delivered> {
  const { storage, submitter, day, destinations, said, isLast } = delivery
  const { kind, domain, content } = packed
  const key = await storage.keys.serviceKey('domainReports')
  const domainKey = otherDomainKey(key, domain)
  const letters: PreparedLetter[] = []
  let posted = 0
  for (const destination of destinations) {
    if (destination.kind === 'https') posted += Number(await post(delivery.fetch, destination.url, packed))
    else if (content.length <= destination.mostBytes)
      letters.push(...(await prepared(storage, submitter, destination.address, packed)))
  }
  const places = letters.length + posted
  if (places === 0 && !isLast) return 'waiting'
  const state = places === 0 ? 'failed' : 'sent'
  const sent: SentReport = { domain, places, ...said }
  const isNew = await storage.database.transaction(async (sql) => {
    const { rowCount } = await sql`
      insert into report_sent (kind, day, domain_key, state, at, sealed)
      values (${kind}, ${day}, ${domainKey}, ${state}, ${now()},
        ${key.seal(sentPlace(kind, day, domainKey), JSON.stringify(sent))})
      on conflict (kind, day, domain_key) do nothing`
    // Another process has sent it.
    if (rowCount === 0) return false
    for (const letter of letters) await enqueue(sql, letter)
    return true
  })
  if (!isNew) return 'known'
  if (letters.length > 0) wakeQueue(storage)
  return state
}

async function prepared(storage: Storage, submitter: string, to: string, packed: Packed): Promise<PreparedLetter[]> {
  try {
    return [await prepareReportLetter(storage, submitter, to, packed)]
  } catch (error) {
    // An address that cannot stand in a letter is none to send to.
    if (error instanceof Refusal && error.reason === 'invalid') return []
    throw error
  }
}

/** RFC 8460 §5.4. @returns whether it was taken */
async function post(fetch: GuardedFetch, url: string, { kind, content }: Packed): Promise<boolean> {
  try {
    const { status } = await fetch({
      url,
      content: { type: mediaTypeOf(kind), bytes: content },
      schemes: ['https:'],
      accept: '*/*',
      maxBytes: MOST_ANSWER,
      maxRedirects: 0,
    })
    return status >= 200 && status < 300
  } catch (error) {
    if (error instanceof Refusal) return false
    throw error
  }
}

/** Which of these were sent before. */
export async function sentOn(storage: Storage, kind: ReportKind, day: string): Promise<ReadonlySet<string>> {
  const { rows } = await storage.database.sql<{ domain_key: Buffer }>`
    select domain_key from report_sent where kind = ${kind} and day = ${day}::date`
  return new Set(rows.map((row) => row.domain_key.toString('base64')))
}
