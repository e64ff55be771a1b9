import { z } from 'zod'
import { promisesInForce, readPromises, type PromisedCanary } from '#policy'
import { now, type Config } from '#system'
import type { Database, Sql } from '#storage'
import { CanaryFile, Signatures } from './file.ts'
import { Statement } from './statement.ts'
import { standingOf, type Standing } from './standing.ts'

export interface Published extends CanaryFile {
  /** The bytes that were signed. */
  text: string
  publishedAt: Date
  /** What was promised when it was published, by which its signatures were judged. */
  promised: PromisedCanary
}

/** Shown at most; all are kept. */
export const MOST_SHOWN = 400

interface Row {
  statement: string
  signatures: unknown
  promised: PromisedCanary
  published_at: Date
}

const publishedOf = ({ statement, signatures, promised, published_at }: Row): Published => ({
  text: statement,
  statement: Statement.parse(JSON.parse(statement)),
  signatures: Signatures.parse(signatures),
  promised,
  publishedAt: published_at,
})

/** Published canaries, the newest first. */
export async function publishedCanaries(sql: Sql, most = MOST_SHOWN): Promise<Published[]> {
  const { rows } = await sql<Row>`
    select statement, signatures, promised, published_at from canary order by number desc limit ${most}`
  return rows.map(publishedOf)
}

export async function findCanary(sql: Sql, number: number): Promise<Published | undefined> {
  const asked = z.int().min(1).max(1_000_000).safeParse(number)
  if (!asked.success) return undefined
  const { rows } = await sql<Row>`
    select statement, signatures, promised, published_at from canary where number = ${asked.data}`
  return rows[0] && publishedOf(rows[0])
}

/** What is promised of the canary by the version of the policy that is in force. */
export const promisedCanary = async (sql: Sql, config: Pick<Config, 'policy'>): Promise<PromisedCanary> =>
  (await promisesInForce(sql, readPromises(config))).canary

export interface Shown {
  promised: PromisedCanary
  newest: Published | undefined
  standing: Standing
  at: Date
}

/** With all that were published, the newest first. */
export interface CanaryView extends Shown {
  history: readonly Published[]
}

/** The canary as it is now. */
export async function canaryNow(
  { database }: { database: Pick<Database, 'sql'> },
  config: Pick<Config, 'policy' | 'hostname'>,
): Promise<Shown> {
  const { sql } = database
  const [promised, [newest]] = await Promise.all([promisedCanary(sql, config), publishedCanaries(sql, 1)])
  const at = now()
  return { promised, newest, at, standing: standingOf(newest, promised, { host: config.hostname, at }) }
}

/** As everybody can fetch it: with who should have signed, and the server's time, so that a browser has two clocks to go by. */
export async function publicCanary(
  storage: { database: Pick<Database, 'sql'> },
  config: Pick<Config, 'policy' | 'hostname'>,
): Promise<{ host: string; at: string; promised: PromisedCanary; canary: CanaryFile | null }> {
  const { promised, newest, at } = await canaryNow(storage, config)
  const canary = newest === undefined ? null : { statement: newest.statement, signatures: newest.signatures }
  return { host: config.hostname, at: at.toISOString(), promised, canary }
}
