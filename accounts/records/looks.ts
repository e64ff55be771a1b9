import { now, nowMs, openDns, type Config, type Dns } from '#system'
import type { Storage } from '#storage'
import { normalizeDomain } from '../directory/normalize.ts'
import { listDomains } from '../directory/domains.ts'
import { keepDkimKeys } from '../dkim/keep.ts'
import type { DnsRecord, RecordNote, SeenRecord } from './record.ts'
import { lookAtRecords } from './records.ts'

/** A record with what was found, as it is kept and told to others. */
export interface ShownRecord extends Pick<DnsRecord, 'kind' | 'name' | 'type' | 'value' | 'need' | 'whose'> {
  standing: SeenRecord['standing']
  note: RecordNote | null
  found: string[]
}

export const shownRecord = ({ record, standing, note, found }: SeenRecord): ShownRecord => {
  const { kind, name, type, value, need, whose } = record
  return { kind, name, type, value, need, whose, standing, note: note ?? null, found }
}

/** How many records of a domain stand how. What may be removed counts nowhere. */
export interface RecordCounts {
  right: number
  wrong: number
  /** Of what is needed. */
  missing: number
  /** Of what is useful, and not there. */
  useful: number
  unknown: number
}

export function countRecords(records: readonly ShownRecord[]): RecordCounts {
  const counts: RecordCounts = { right: 0, wrong: 0, missing: 0, useful: 0, unknown: 0 }
  for (const { need, standing } of records) {
    if (need === 'removable') continue
    if (standing === 'silent') counts.unknown++
    else if (standing === 'missing') counts[need === 'useful' ? 'useful' : 'missing']++
    else counts[standing]++
  }
  return counts
}

/** What the DNS said last of a domain. */
export interface DomainLook {
  domain: string
  counts: RecordCounts
  lookedAt: Date
  /** Since when something has been wrong or missing. */
  astraySince: Date | null
  /** Whether somebody with an account here brings it, and sees to its DNS. */
  isOwned: boolean
}

/** For each of two tries of a name server, where somebody waits for the answer. */
const WAIT_MS = 1500

/**
 * Asks the DNS now, and keeps what it says. A key whose record is there begins to sign at once.
 * @throws Refusal 'notFound' when the domain is not served here
 */
export async function lookNow(
  storage: Storage,
  config: Config,
  domain: string,
  dns = openDns(config, WAIT_MS),
): Promise<ShownRecord[]> {
  const name = normalizeDomain(domain) ?? domain
  await keepDkimKeys(storage, config, dns, name)
  const records = (await lookAtRecords(storage, config, dns, name)).map(shownRecord)
  await keepLook(storage, name, records)
  return records
}

/** What nobody could tell anything of leaves what was known before. */
async function keepLook({ database }: Storage, domain: string, records: readonly ShownRecord[]): Promise<void> {
  const counts = countRecords(records)
  const { right, wrong, missing, useful, unknown } = counts
  if (right + wrong + missing + useful === 0) return
  const astray = wrong + missing > 0 ? now() : null
  await database.sql`
    insert into domain_look as l (domain, looked_at, right_count, wrong_count, missing_count, useful_count, unknown_count, astray_since, records)
    select domain, ${now()}, ${right}, ${wrong}, ${missing}, ${useful}, ${unknown}, ${astray}, ${JSON.stringify(records)}::jsonb
    from domain where domain = ${domain}
    on conflict (domain) do update set looked_at = excluded.looked_at, right_count = excluded.right_count,
      wrong_count = excluded.wrong_count, missing_count = excluded.missing_count, useful_count = excluded.useful_count,
      unknown_count = excluded.unknown_count, records = excluded.records,
      astray_since = case when excluded.astray_since is null then null else coalesce(l.astray_since, excluded.astray_since) end`
}

interface LookRow {
  domain: string
  right_count: number
  wrong_count: number
  missing_count: number
  useful_count: number
  unknown_count: number
  looked_at: Date
  astray_since: Date | null
  is_owned: boolean
}

/** The last look at each domain that was looked at. */
export async function readLooks({ database }: Pick<Storage, 'database'>): Promise<DomainLook[]> {
  const { rows } = await database.sql<LookRow>`
    select domain, right_count, wrong_count, missing_count, useful_count, unknown_count, looked_at, astray_since,
      owner_account_id is not null as is_owned
    from domain_look join domain using (domain) order by domain`
  return rows.map((row) => ({
    domain: row.domain,
    counts: {
      right: row.right_count,
      wrong: row.wrong_count,
      missing: row.missing_count,
      useful: row.useful_count,
      unknown: row.unknown_count,
    },
    lookedAt: row.looked_at,
    astraySince: row.astray_since,
    isOwned: row.is_owned,
  }))
}

/** The records of the last look at a domain; undefined before the first. */
export async function readLook(
  { database }: Storage,
  domain: string,
): Promise<{ records: ShownRecord[]; lookedAt: Date } | undefined> {
  const { rows } = await database.sql<{ records: ShownRecord[]; lookedAt: Date }>`
    select records, looked_at as "lookedAt" from domain_look where domain = ${domain}`
  return rows[0]
}

/** How often each domain is looked at, how many in one round, and for how long a round may go on. */
const EVERY_MS = 55 * 60_000
const MOST_LOOKS = 500
const ROUND_MS = 3 * 60_000

/** When so many domains in turn had no answer, the name servers are away. */
const AWAY = 2

/** Looks at the domains whose turn it is, those first that were not looked at for longest. A job. */
export async function keepLooks(
  storage: Storage,
  config: Config,
  dns: Dns = openDns(config),
): Promise<{ looked: number; silent: number }> {
  const known = new Map((await readLooks(storage)).map(({ domain, lookedAt }) => [domain, lookedAt.getTime()]))
  const due = (await listDomains(storage))
    .map(({ domain }) => ({ domain, at: known.get(domain) ?? 0 }))
    .filter(({ at }) => nowMs() - at > EVERY_MS)
    .toSorted((a, b) => a.at - b.at)
    .slice(0, MOST_LOOKS)
  const until = performance.now() + ROUND_MS
  const done = { looked: 0, silent: 0 }
  for (const { domain } of due) {
    if (performance.now() > until || (done.looked === 0 && done.silent >= AWAY)) break
    const records = (await lookAtRecords(storage, config, dns, domain)).map(shownRecord)
    const isSilent = records.every(({ standing }) => standing === 'silent')
    done[isSilent ? 'silent' : 'looked']++
    await keepLook(storage, domain, records)
  }
  return done
}
