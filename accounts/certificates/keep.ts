import { setTimeout } from 'node:timers/promises'
import { now, nowMs, type Config, type Dns } from '#system'
import type { Storage } from '#storage'
import { listDomains } from '../directory/domains.ts'
import { orderCertificate, ORDER_MS, type AcmeSettings, type Issued } from './authority.ts'
import { CHANGED } from './live.ts'
import { openWhere, wantedFor, type Leads, type Purpose, type Wanted } from './names.ts'
import { haveTlsKeys, keyForOrder, lookAtTlsKeys } from './rollover.ts'
import { OrderFailed, type Trouble } from './trouble.ts'

/** How much there was to do. */
export interface KeptCertificates extends Record<string, number> {
  /** Certificates that were looked at: whether they are due, and where their names lead. */
  looked: number
  issued: number
  /** Orders that came to nothing. */
  failed: number
}

const HOUR_MS = 3_600_000

/** How often it is asked where names lead: while one leads elsewhere, and when all is well. */
const ASTRAY_MS = 10 * 60_000
const STEADY_MS = HOUR_MS

/** After an order that failed: twice as long each time. An authority counts what fails, and shuts out who goes on. */
const FIRST_WAIT_MS = HOUR_MS
const LONGEST_WAIT_MS = 24 * HOUR_MS

/** In one round. Authorities bound orders by the hour, and a round must not hold up the next for long. */
const MOST_ORDERS = 20
const MOST_LOOKS = 500

/** How long whoever wants one alone waits for another process that is at it, and how often it looks. */
const OTHER_MS = 60_000
const LOOK_MS = 250

/**
 * Keeps the certificates: asks where names lead, orders what is missing and renews what has passed two thirds of its time. May run
 * anywhere, at any time and several times at once: whoever claims one orders it.
 * @param only  this one alone, and at once unless an order has failed; where another process is at it, it is waited for
 */
export async function keepCertificates(
  storage: Storage,
  config: Pick<Config, 'hostname' | 'names' | 'addresses' | 'trial' | 'tls'>,
  dns: Dns,
  only?: Pick<Wanted, 'purpose' | 'subject'>,
): Promise<KeptCertificates> {
  const kept: KeptCertificates = { looked: 0, issued: 0, failed: 0 }
  const { acme } = config.tls
  if (acme === undefined) return kept
  const domains = (await listDomains(storage)).map(({ domain }) => domain)
  const wanted = new Map(wantedFor(config, domains).map((one) => [`${one.purpose} ${one.subject}`, one]))
  await begin(storage, [...wanted.values()])
  const leads = openWhere(config, dns)
  const until = performance.now() + OTHER_MS
  while (kept.looked < MOST_LOOKS && kept.issued + kept.failed < MOST_ORDERS) {
    const claimed = await claim(storage, [...wanted.values()], only)
    if (claimed === undefined) {
      if (only === undefined || performance.now() > until || !(await isClaimed(storage, only))) break
      await setTimeout(LOOK_MS)
      continue
    }
    const one = wanted.get(`${claimed.purpose} ${claimed.subject}`) as Wanted
    kept.looked++
    const outcome = await keepOne({ storage, acme, dns, leads }, one, claimed)
    if (outcome !== undefined) kept[outcome]++
    if (only !== undefined) break
  }
  return kept
}

/** A certificate as it is kept, without its chain and key. */
interface Kept {
  purpose: Purpose
  subject: string
  names: string[]
  notBefore: Date | null
  notAfter: Date | null
  failures: number
}

interface Context {
  storage: Storage
  acme: AcmeSettings
  dns: Dns
  leads(name: string): Promise<Leads>
}

async function begin({ database }: Storage, wanted: readonly Wanted[]): Promise<void> {
  await database.sql`
    insert into certificate (purpose, subject, try_at)
    select purpose, subject, ${now()}::timestamptz
    from unnest(${wanted.map(({ purpose }) => purpose)}::text[], ${wanted.map(({ subject }) => subject)}::text[]) as w (purpose, subject)
    on conflict do nothing`
}

/** Takes one that is due, the server's own first, for as long as an order may take. One that a killed process had taken comes free by itself. */
async function claim(
  { database }: Storage,
  wanted: readonly Wanted[],
  only: Pick<Wanted, 'purpose' | 'subject'> | undefined,
): Promise<Kept | undefined> {
  const among = only === undefined ? wanted : [only]
  const { rows } = await database.sql<Kept>`
    update certificate c set claimed_until = ${new Date(nowMs() + 2 * ORDER_MS)}
    from (
      select purpose, subject from certificate
      where (purpose, subject) in (select * from unnest(${among.map(({ purpose }) => purpose)}::text[], ${among.map(({ subject }) => subject)}::text[]))
        and (try_at <= ${now()} or (${only !== undefined} and failures = 0)) and (claimed_until is null or claimed_until <= ${now()})
      order by purpose desc, try_at limit 1 for update skip locked) due
    where c.purpose = due.purpose and c.subject = due.subject
    returning c.purpose, c.subject, c.names, c.not_before as "notBefore", c.not_after as "notAfter", c.failures`
  return rows[0]
}

async function isClaimed(
  { database }: Storage,
  { purpose, subject }: Pick<Wanted, 'purpose' | 'subject'>,
): Promise<boolean> {
  const { rows } = await database.sql`
    select from certificate where purpose = ${purpose} and subject = ${subject} and claimed_until > ${now()}`
  return rows.length > 0
}

async function keepOne(
  context: Context,
  { purpose, subject, names }: Wanted,
  kept: Kept,
): Promise<'issued' | 'failed' | undefined> {
  const { storage, acme, dns, leads } = context
  const one = { purpose, subject }
  const where = await Promise.all(names.map(async (name) => ({ name, leads: await leads(name) })))
  const here = where.filter((name) => name.leads === 'here').map(({ name }) => name)
  const astray = purpose === 'server' ? where.filter((name) => name.leads !== 'here') : []
  // Nobody has to have the names below a domain lead here; the server's own must.
  const isLost = purpose === 'server' ? here[0] !== subject : here.length === 0
  const renewAt = renewalOf(kept)
  const isDue = !isLost && (renewAt <= nowMs() || here.some((name) => !kept.names.includes(name)))
  const trouble = troubleOf(astray)
  if (isDue || purpose === 'server') await haveTlsKeys(storage, one)
  const keys = await lookAtTlsKeys(storage, dns, one)
  if (!isDue) {
    await release(
      storage,
      one,
      trouble === undefined ? Math.min(STEADY_MS, Math.max(renewAt - nowMs(), ASTRAY_MS)) : ASTRAY_MS,
      trouble,
    )
    return undefined
  }
  try {
    const key = await keyForOrder(storage, one, keys, acme)
    const issued = await orderCertificate(storage, acme, here, key.key)
    await keepIssued(storage, one, here, key, issued, trouble)
    return 'issued'
  } catch (error) {
    if (!(error instanceof OrderFailed)) {
      await release(storage, one, FIRST_WAIT_MS, { trouble: 'silent', names: [] })
      throw error
    }
    const wait = Math.min(FIRST_WAIT_MS * 2 ** kept.failures, LONGEST_WAIT_MS)
    await release(storage, one, wait, { trouble: error.trouble, names: [...error.names] }, 1)
    return 'failed'
  }
}

/** At two thirds of its time. */
const renewalOf = ({ notBefore, notAfter }: Kept): number =>
  notBefore === null || notAfter === null
    ? 0
    : notBefore.getTime() + ((notAfter.getTime() - notBefore.getTime()) * 2) / 3

interface Told {
  trouble: Trouble
  names: string[]
}

const troubleOf = (astray: readonly { name: string; leads: Leads }[]): Told | undefined => {
  const [first] = astray
  if (first === undefined) return undefined
  return {
    trouble: first.leads as Trouble,
    names: astray.filter(({ leads }) => leads === first.leads).map(({ name }) => name),
  }
}

async function release(
  { database }: Storage,
  { purpose, subject }: Pick<Wanted, 'purpose' | 'subject'>,
  waitMs: number,
  told: Told | undefined,
  failures = 0,
): Promise<void> {
  await database.sql`
    update certificate set claimed_until = null, try_at = ${new Date(nowMs() + waitMs)}, failures = failures + ${failures},
      trouble = ${told?.trouble ?? null}, trouble_names = ${told?.names ?? []},
      trouble_since = case when ${told === undefined} then null else coalesce(trouble_since, ${now()}) end
    where purpose = ${purpose} and subject = ${subject}`
}

/** Keys from which records of the DNS are made, before the first certificate is ordered. */
export const prepareTlsKeys = (storage: Storage, { hostname, tls }: Pick<Config, 'hostname' | 'tls'>): Promise<void> =>
  tls.acme === undefined
    ? Promise.resolve()
    : haveTlsKeys(storage, { purpose: 'server', subject: hostname.toLowerCase() })

/** From the commit on every process shows it. With the key that comes into use the one before it goes: its private half is destroyed. */
async function keepIssued(
  { database }: Storage,
  { purpose, subject }: Pick<Wanted, 'purpose' | 'subject'>,
  names: readonly string[],
  { keyId }: { keyId: string },
  { chain, notBefore, notAfter }: Issued,
  told: Told | undefined,
): Promise<void> {
  const at = now()
  await database.transaction(async (sql) => {
    await sql`
      update tls_key set state = 'retired', private_key = null, changed_at = ${at}
      where purpose = ${purpose} and subject = ${subject} and state = 'used' and key_id <> ${keyId}`
    await sql`
      update tls_key set state = 'used', changed_at = ${at} where key_id = ${keyId} and state = 'next'`
    await sql`
      update certificate set names = ${[...names]}, key_id = ${keyId}, chain = ${chain}, not_before = ${notBefore}, not_after = ${notAfter},
        change = change + 1, claimed_until = null, failures = 0, try_at = ${new Date(nowMs() + ASTRAY_MS)},
        trouble = ${told?.trouble ?? null}, trouble_names = ${told?.names ?? []},
        trouble_since = case when ${told === undefined} then null else coalesce(trouble_since, ${at}) end
      where purpose = ${purpose} and subject = ${subject}`
  })
  await database.sql`select pg_notify(${CHANGED}, '')`
}
