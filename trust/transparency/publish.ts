import { createPublicKey, sign } from 'node:crypto'
import { now, today, type Config } from '#system'
import type { Storage } from '#storage'
import { checkRegister, eventOf, walkRegister } from '#trust/legal'
import { canonical, publicKeyOf, signingKey, type PublicKey } from '#trust/signing'
import { reportOf, type CurrentOverview, type HalfYearReport, type Report } from './report.ts'

/** The report as it is published and signed. */
export interface SignedReport extends Report {
  version: 1
  host: string
  operator: { name: string | null; country: string }
  /** RFC 3339. */
  computedAt: string
  /** How far the register went, and the hash of its last event, base64url. */
  register: { events: number; head: string }
  key: PublicKey
  /** The same key, as openssl reads it. */
  pem: string
  /** Ed25519, of everything above in its canonical form (RFC 8785), base64url. */
  signature: string
}

type Settings = Pick<Config, 'hostname' | 'operator'>

/** The report as it was computed last. */
export interface PublishedReport extends Report {
  computedAt: Date
}

const CURRENT = 'current'
const SIGNED = 'signed'

/**
 * Publishes the report when it is of an earlier day: once a day, so that nobody who looks often can tell when something was asked for.
 * @returns whether it did
 */
export async function keepReport(storage: Storage, settings: Settings): Promise<boolean> {
  const { rows } = await storage.database.sql<{ computed_at: Date }>`
    select computed_at from transparency_report where part = ${SIGNED}`
  if (rows[0]?.computed_at.toISOString().slice(0, 10) === today()) return false
  await publishReport(storage, settings)
  return true
}

/** Computes the report from the register alone, signs it, and puts it in the place of the one before. */
export async function publishReport(storage: Storage, { hostname, operator }: Settings): Promise<SignedReport> {
  const at = now()
  const [{ halfYears, current }, register] = [await reportOf(factsOf(storage), at), await checkRegister(storage)]
  const key = signingKey(await storage.keys.serviceKey('legal'))
  const unsigned: Omit<SignedReport, 'signature'> = {
    version: 1,
    host: hostname,
    operator: { name: operator.name ?? null, country: operator.country },
    computedAt: at.toISOString(),
    register: { events: register.events, head: register.head },
    halfYears,
    current,
    key: publicKeyOf(key),
    pem: createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string,
  }
  const signature = sign(null, Buffer.from(canonical(unsigned)), key).toString('base64url')
  const signed: SignedReport = { ...unsigned, signature }
  const parts = [
    ...halfYears.map((half) => [half.halfYear, JSON.stringify(half)] as const),
    [CURRENT, JSON.stringify(current)] as const,
    [SIGNED, JSON.stringify(signed)] as const,
  ]
  await storage.database.transaction(async (sql) => {
    for (const [part, content] of parts)
      await sql`
        insert into transparency_report (part, content, computed_at) values (${part}, ${content}, ${at})
        on conflict (part) do update set content = excluded.content, computed_at = excluded.computed_at`
  })
  return signed
}

async function* factsOf(storage: Storage) {
  for await (const row of walkRegister(storage)) yield eventOf(row)
}

/** The report for the page, the newest half-year first; undefined before the first was computed. */
export async function readReport({ database }: Pick<Storage, 'database'>): Promise<PublishedReport | undefined> {
  const { rows } = await database.sql<{ part: string; content: string; computed_at: Date }>`
    select part, content, computed_at from transparency_report where part <> ${SIGNED}`
  const current = rows.find(({ part }) => part === CURRENT)
  if (current === undefined) return undefined
  const halfYears = rows
    .filter(({ part }) => part !== CURRENT)
    .map(({ content }) => JSON.parse(content) as HalfYearReport)
    .toSorted((a, b) => (a.halfYear < b.halfYear ? 1 : -1))
  return {
    halfYears,
    current: JSON.parse(current.content) as CurrentOverview,
    computedAt: current.computed_at,
  }
}

/** How old the report is, and what it counts altogether. */
export async function reportState(
  storage: Pick<Storage, 'database'>,
): Promise<{ computedAt: Date; received: number; answered: number } | undefined> {
  const report = await readReport(storage)
  if (report === undefined) return undefined
  const sum = (of: 'received' | 'answered'): number => report.halfYears.reduce((all, half) => all + half[of], 0)
  return { computedAt: report.computedAt, received: sum('received'), answered: sum('answered') }
}

/** The signed report, as JSON. Undefined before the first was computed. */
export async function signedReport({ database }: Pick<Storage, 'database'>): Promise<string | undefined> {
  const { rows } = await database.sql<{ content: string }>`
    select content from transparency_report where part = ${SIGNED}`
  return rows[0]?.content
}
