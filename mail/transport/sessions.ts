import { setTimeout as sleep } from 'node:timers/promises'
import { now, today, type Log } from '#system'
import type { ServiceKey, Storage } from '#storage'
import type { ReportedPolicy, ResultType, TlsSession } from './result.ts'

/** What was counted of a domain's servers on one day. */
export interface TlsSessionsOfDomain {
  domain: string
  policies: {
    policy: ReportedPolicy
    successes: number
    failures: { type: ResultType; mx: string | undefined; sessions: number }[]
  }[]
}

/** Between two times of writing. */
const WRITE_MS = 5000

/** Sessions that differ, held in memory until they are written; what comes beyond is not counted. */
const MOST_HELD = 5000

/** Domains that are asked at once whether they want to be told. */
const ASKED_TOGETHER = 20

/** How long the last counts are waited for at the end: name servers that say nothing must not hold it up. */
const CLOSE_MS = 3000

/** Rows in one statement. */
const TOGETHER = 500

const placeOf = (day: string, key: Buffer): string => `tls_session/${day}/${key.toString('base64url')}`

/** What is sealed; the same of sessions that are counted together. */
const wordsOf = ({ domain, policy: { type, strings, mxHosts }, mx, failure }: TlsSession): string =>
  JSON.stringify({ domain, policy: { type, strings, mxHosts }, mx: mx ?? null, failure: failure ?? null })

export interface TlsCounts {
  count(session: TlsSession): void
  /** Writes what is held. */
  close(): Promise<void>
}

/**
 * Counts sessions, in memory first: no delivery waits for it, and a killed process loses a few seconds of counts.
 * @param wantsReports  whether a domain asks to be told; of others nothing is kept. Never throws
 */
export function openTlsCounts(
  storage: Storage,
  log: Log,
  wantsReports: (domain: string) => Promise<boolean>,
  everyMs = WRITE_MS,
): TlsCounts {
  /** By day and words. */
  let held = new Map<string, { day: string; session: TlsSession; sessions: number }>()
  let writing: Promise<void> | undefined
  let isGivenUp = false

  const write = async (): Promise<void> => {
    const taken = [...held.values()]
    held = new Map()
    const domains = [...new Set(taken.map(({ session }) => session.domain))]
    const wanted = new Set<string>()
    for (let at = 0; at < domains.length; at += ASKED_TOGETHER)
      await Promise.all(
        domains.slice(at, at + ASKED_TOGETHER).map(async (domain) => {
          if (await wantsReports(domain)) wanted.add(domain)
        }),
      )
    if (isGivenUp) return
    const kept = taken.filter(({ session }) => wanted.has(session.domain))
    for (let at = 0; at < kept.length; at += TOGETHER) await writeRows(storage, kept.slice(at, at + TOGETHER))
  }

  const tick = (): Promise<void> =>
    (writing ??= write()
      .catch((error: unknown) => log.error({ err: error }, 'how TLS to other servers went could not be counted'))
      .finally(() => (writing = undefined)))

  const timer = setInterval(() => {
    if (held.size > 0) void tick()
  }, everyMs)
  timer.unref()

  return {
    count(session) {
      const day = today()
      const name = `${day} ${wordsOf(session)}`
      const known = held.get(name)
      if (known !== undefined) known.sessions++
      else if (held.size < MOST_HELD) held.set(name, { day, session, sessions: 1 })
    },
    async close() {
      clearInterval(timer)
      const last = writing === undefined ? tick() : writing.then(tick)
      const waiting = new AbortController()
      const late = sleep(CLOSE_MS, undefined, { signal: waiting.signal }).catch(() => undefined)
      await Promise.race([last, late])
      waiting.abort()
      isGivenUp = true
    },
  }
}

async function writeRows(
  { database, keys }: Storage,
  rows: readonly { day: string; session: TlsSession; sessions: number }[],
): Promise<void> {
  const service = await keys.serviceKey('transport')
  const made = rows
    .map(({ day, session, sessions }) => {
      const words = wordsOf(session)
      const key = service.hash(`session\0${words}`)
      return {
        day,
        key,
        domain: domainKey(service, session.domain),
        sealed: service.seal(placeOf(day, key), words),
        sessions,
      }
    })
    // Two processes write the same rows in the same order.
    .toSorted((a, b) => a.day.localeCompare(b.day) || Buffer.compare(a.key, b.key))
  await database.sql`
    insert into tls_session (day, key, domain_key, sealed, sessions)
    select * from unnest(${made.map((row) => row.day)}::date[], ${made.map((row) => row.key)}::bytea[],
      ${made.map((row) => row.domain)}::bytea[], ${made.map((row) => row.sealed)}::bytea[], ${made.map((row) => row.sessions)}::int[])
    on conflict (day, key) do update set sessions = tls_session.sessions + excluded.sessions`
}

const domainKey = (service: ServiceKey, domain: string): Buffer => service.hash(`domain\0${domain}`)

/** Domains of one day, and rows of one of them. */
const MOST_DOMAINS = 10_000
const MOST_ROWS = 100_000

/**
 * What was counted on a day, by domain, of which its domain has not been told yet.
 * @param day  in UTC, such as `2026-11-29`
 */
export async function readTlsSessions({ database, keys }: Storage, day: string): Promise<TlsSessionsOfDomain[]> {
  const service = await keys.serviceKey('transport')
  const { rows } = await database.sql<{ key: Buffer; sealed: Buffer; sessions: number }>`
    select key, sealed, sessions from tls_session where day = ${day}::date and reported_at is null limit ${MOST_ROWS}`
  const domains = new Map<string, Map<string, TlsSessionsOfDomain['policies'][number]>>()
  for (const { key, sealed, sessions } of rows) {
    const { domain, policy, mx, failure } = JSON.parse(service.open(placeOf(day, key), sealed).toString()) as {
      domain: string
      policy: ReportedPolicy
      mx: string | null
      failure: ResultType | null
    }
    const policies = domains.get(domain) ?? new Map<string, TlsSessionsOfDomain['policies'][number]>()
    if (domains.size < MOST_DOMAINS) domains.set(domain, policies)
    const name = JSON.stringify(policy)
    const counted = policies.get(name) ?? { policy, successes: 0, failures: [] }
    policies.set(name, counted)
    if (failure === null) counted.successes += sessions
    else counted.failures.push({ type: failure, mx: mx ?? undefined, sessions })
  }
  return [...domains]
    .map(([domain, policies]) => ({ domain, policies: [...policies.values()] }))
    .toSorted((a, b) => a.domain.localeCompare(b.domain))
}

/** Notes that a domain has been told of a day, or that it no longer wants to be. Retention ends what is noted so. */
export async function markTlsSessionsReported({ database, keys }: Storage, day: string, domain: string): Promise<void> {
  const service = await keys.serviceKey('transport')
  await database.sql`
    update tls_session set reported_at = ${now()} where day = ${day}::date and domain_key = ${domainKey(service, domain)}`
}
