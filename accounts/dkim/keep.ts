import { nowMs, now, today, type Config, type Dns } from '#system'
import type { Storage } from '#storage'
import { listDomains } from '../directory/domains.ts'
import { normalizeDomain } from '../directory/normalize.ts'
import { AWAY, lookAt, type SeenRecord } from '../records/record.ts'
import { ALGORITHMS, newKey, type DkimAlgorithm, type DkimKey } from './key.ts'
import { listKeys } from './list.ts'
import { DKIM_GONE_DAYS, dkimRecord, type DkimRecord } from './record.ts'
import { newSelector } from './selector.ts'

export { DKIM_GONE_DAYS } from './record.ts'

/** How much there was to do. */
export interface KeptKeys extends Record<string, number> {
  made: number
  /** Records the DNS was asked about. */
  asked: number
  /** Keys that have begun to sign, and those that have gone from the DNS after their time. */
  begun: number
  gone: number
}

const DAY_MS = 86_400_000

/** How often the DNS is asked: about what is to change, and about what stands well. */
const CHANGING_MS = 4 * 60_000
const STEADY_MS = 55 * 60_000

/** Domains at a time. */
const BATCH = 100

/**
 * Keeps the keys of every domain, or of one: makes those that are missing and the successors of those that have signed long enough,
 * asks the DNS about their records, lets a key sign as soon as its record is right, and retires the one before it. May run anywhere, at
 * any time and several times at once.
 * @param only  this domain alone, and its records are asked about now
 */
export async function keepDkimKeys(
  storage: Storage,
  { dkim }: Pick<Config, 'dkim'>,
  dns: Dns,
  only?: string,
): Promise<KeptKeys> {
  const kept: KeptKeys = { made: 0, asked: 0, begun: 0, gone: 0 }
  const domains =
    only === undefined ? (await listDomains(storage)).map(({ domain }) => domain) : [normalizeDomain(only) ?? '']
  let isAway = false
  for (let at = 0; at < domains.length; at += BATCH) {
    const some = domains.slice(at, at + BATCH)
    kept.made += await makeDue(storage, some, dkim.rotateDays)
    if (isAway) continue
    const due = (await listKeys(storage, some)).filter((key) => only !== undefined || isDue(key))
    const seen = await lookAt(dns, due.map(dkimRecord))
    kept.asked += seen.length
    const said = seen.filter(hasAnswer)
    isAway = said.length === 0 && seen.length >= AWAY
    await noteSeen(storage, said)
    for (const { record, standing } of said) {
      const { key, need } = record
      if (key.state === 'published' && standing === 'right') kept.begun += await begin(storage, key)
      if (need === 'removable' && standing === 'missing') kept.gone += await noteGone(storage, key)
    }
  }
  return kept
}

const hasAnswer = (seen: SeenRecord<DkimRecord>): seen is SeenRecord<DkimRecord> & { standing: DkimKey['seen'] } =>
  seen.standing !== 'silent'

function isDue({ state, changedAt, seen, seenAt }: DkimKey): boolean {
  if (seenAt === null) return true
  if (state === 'retired' && nowMs() - changedAt.getTime() < DKIM_GONE_DAYS * DAY_MS) return false
  const isSteady = state === 'retired' || (state === 'signing' && seen === 'right')
  return nowMs() - seenAt.getTime() > (isSteady ? STEADY_MS : CHANGING_MS)
}

interface DueRow {
  domain: string
  algorithm: DkimAlgorithm
  taken: string[]
}

/** Makes a key of each kind where none waits and none signs, or the one that does has done so for long enough. */
async function makeDue(storage: Storage, domains: readonly string[], rotateDays: number): Promise<number> {
  const { sql } = storage.database
  const { rows } = await sql<DueRow>`
    select d.domain, a.algorithm,
      array(select selector from dkim_key k where k.domain = d.domain) as taken
    from domain d cross join unnest(${[...ALGORITHMS]}::text[]) as a (algorithm)
    where d.domain = any(${[...domains]}::text[]) and not exists (
      select from dkim_key k where k.domain = d.domain and k.algorithm = a.algorithm
        and (k.state = 'published' or (k.state = 'signing' and k.changed_at > ${new Date(nowMs() - rotateDays * DAY_MS)})))`
  if (rows.length === 0) return 0
  const service = await storage.keys.serviceKey('dkim')
  const at = now()
  let made = 0
  for (const { domain, algorithm, taken } of rows) {
    const selector = newSelector(today(), algorithm, new Set(taken))
    const { publicKey, sealed } = await newKey(service, { domain, selector, algorithm })
    const { rowCount } = await sql`
      insert into dkim_key (domain, selector, algorithm, state, public_key, private_key, created_at, changed_at)
      values (${domain}, ${selector}, ${algorithm}, 'published', ${publicKey}, ${sealed}, ${at}, ${at})
      on conflict do nothing`
    made += rowCount
  }
  return made
}

async function noteSeen({ database }: Storage, seen: readonly SeenRecord<DkimRecord>[]): Promise<void> {
  if (seen.length === 0) return
  await database.sql`
    update dkim_key k set seen = s.standing, seen_at = ${now()},
      astray_since = case when s.standing = 'right' then null else coalesce(k.astray_since, ${now()}) end
    from unnest(${seen.map(({ record }) => record.key.domain)}::text[], ${seen.map(({ record }) => record.key.selector)}::text[],
      ${seen.map(({ standing }) => standing)}::text[]) as s (domain, selector, standing)
    where k.domain = s.domain and k.selector = s.selector`
}

/** Lets a key sign in place of the one that did. The private half of that one is destroyed: nobody needs it any more. */
async function begin({ database }: Storage, { domain, selector, algorithm }: DkimKey): Promise<number> {
  return database.transaction(async (sql) => {
    const { rowCount } = await sql`
      select from dkim_key where domain = ${domain} and selector = ${selector} and state = 'published' for update`
    if (rowCount === 0) return 0
    await sql`
      update dkim_key set state = 'retired', private_key = null, changed_at = ${now()}
      where domain = ${domain} and algorithm = ${algorithm} and state = 'signing'`
    await sql`
      update dkim_key set state = 'signing', changed_at = ${now()} where domain = ${domain} and selector = ${selector}`
    return 1
  })
}

async function noteGone({ database }: Storage, { domain, selector }: DkimKey): Promise<number> {
  const { rowCount } = await database.sql`
    update dkim_key set state = 'gone', changed_at = ${now()}
    where domain = ${domain} and selector = ${selector} and state = 'retired'`
  return rowCount
}
