import type { Config } from '#system'
import type { Storage } from '#storage'
import { checkChain } from '#trust/access'
import { backupEvidence } from '#trust/backups'
import { canaryNow, signersOf } from '#trust/canary'
import { declaredCategories } from '#trust/held'
import { checkRegister, isNotHeld } from '#trust/legal'
import { reportState } from '#trust/transparency'
import { countAgreements } from '#trust/staff'

export const DAY_SECONDS = 86_400

/** A promise is `late` when what should have ended has not, and `broken` when that can no longer be put down to a round of work. */
export type State = 'kept' | 'late' | 'broken'

/** Numbers, and times as RFC 3339; null for what there is none of. Nothing else: it is shown to everybody. */
export type Facts = Record<string, number | string | null>

export interface Measured {
  state: State
  facts: Facts
}

export type MeasureSettings = Pick<Config, 'journal' | 'retention' | 'backup' | 'closing' | 'policy' | 'hostname'>

type Measure = (storage: Pick<Storage, 'database' | 'keys'>, settings: MeasureSettings, at: Date) => Promise<Measured>

/** What the policy's clauses are measured by; `measure` in policy/texts names them. */
export const MEASURES = {
  held: measureHeld,
  keys: measureKeys,
  journal: measureJournal,
  deleted: measureDeleted,
  accesses: measureAccesses,
  requests: measureRequests,
  staff: measureStaff,
  canary: measureCanary,
  backups: measureBackups,
  closed: measureClosed,
  versions: measureVersions,
} as const satisfies Record<string, Measure>

export type MeasureName = keyof typeof MEASURES

/** Retention comes round every five minutes, and much may be due at once. */
const LATE_SECONDS = 3600
const BROKEN_SECONDS = DAY_SECONDS

/** @param over  seconds by which the oldest is past its end */
const stateOf = (over: number): State => (over > BROKEN_SECONDS ? 'broken' : over > LATE_SECONDS ? 'late' : 'kept')

const secondsBetween = (from: Date, to: Date): number => Math.max(0, Math.round((to.getTime() - from.getTime()) / 1000))

/** Rules of retention that end what was deleted. */
const DELETED_RULES = ['deletedItems', 'records', 'vanished']

async function measureDeleted(
  { database }: Pick<Storage, 'database'>,
  { retention }: MeasureSettings,
  at: Date,
): Promise<Measured> {
  const { rows } = await database.sql<{
    oldest: Date | null
    waiting: number
    erased: number
    since: Date | null
    last_at: Date | null
    held_at: Date | null
  }>`
    select
      least(
        (select min(deleted_at) from item where deleted_at is not null and not is_replaced and ${isNotHeld('item', 'deleted')}),
        (select min(removed_at) from record where removed_at is not null and ${isNotHeld('record', 'deleted')}),
        (select min(at) from vanished)) as oldest,
      (select count(*) from item where deleted_at is not null and not is_replaced) as waiting,
      coalesce(sum(erased) filter (where rule = 'deletedItems'), 0)::bigint as erased,
      min(since) filter (where rule = 'deletedItems') as since, max(last_at) as last_at,
      (select held_at from brake where held_for is not null) as held_at
    from erasure where rule = any(${DELETED_RULES})`
  const row = rows[0] as (typeof rows)[number]
  const oldestSeconds = row.oldest === null ? null : secondsBetween(row.oldest, at)
  const state = stateOf((oldestSeconds ?? 0) - retention.deletedDays * DAY_SECONDS)
  return {
    state: row.held_at !== null && state === 'kept' ? 'late' : state,
    facts: {
      oldestSeconds,
      limitDays: retention.deletedDays,
      waiting: row.waiting,
      erased: row.erased,
      since: row.since?.toISOString() ?? null,
      lastAt: row.last_at?.toISOString() ?? null,
      heldAt: row.held_at?.toISOString() ?? null,
    },
  }
}

/** The promise names these and the time (4). */
const PROMISED_COLUMNS = ['browser', 'country', 'ip', 'message_id', 'recipient', 'sender', 'subject', 'time']

async function measureJournal(
  { database }: Pick<Storage, 'database'>,
  { journal }: MeasureSettings,
  at: Date,
): Promise<Measured> {
  const { rows } = await database.sql<{
    columns: string[]
    oldest_key: string | null
    oldest_part: string | null
    destroyed: number
    last_at: Date | null
  }>`
    select
      (select array_agg(attname::text order by attname) from pg_attribute
        where attrelid = 'journal'::regclass and attnum > 0 and not attisdropped) as columns,
      (select substr(min(place), 5) from keys.wrap where place > 'day/' and place < 'day0') as oldest_key,
      (select min(c.relname)::text from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = 'journal'::regclass) as oldest_part,
      (select erased from erasure where rule = 'dayKeys') as destroyed,
      (select last_at from erasure where rule = 'dayKeys') as last_at`
  const row = rows[0] as (typeof rows)[number]
  // A partition whose key is gone is unreadable, but it should be gone too.
  const partition = row.oldest_part?.replace(/^journal_(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3')
  const oldestDay = [row.oldest_key, partition].filter((day) => typeof day === 'string').toSorted()[0] ?? null
  const oldestSeconds = oldestDay === null ? 0 : secondsBetween(new Date(oldestDay), at)
  const hasOthers = row.columns.join() !== PROMISED_COLUMNS.join()
  return {
    state: hasOthers ? 'broken' : stateOf(oldestSeconds - journal.days * DAY_SECONDS),
    facts: {
      columns: row.columns.length,
      areColumnsPromised: hasOthers ? 0 : 1,
      oldestDay,
      oldestSeconds,
      limitDays: journal.days + 1,
      destroyed: row.destroyed ?? 0,
      lastAt: row.last_at?.toISOString() ?? null,
    },
  }
}

/** The epoch turns weekly; a week and a half is a turn that did not come. */
const EPOCH_DAYS = 7

async function measureKeys({ database }: Pick<Storage, 'database'>, _: unknown, at: Date): Promise<Measured> {
  const { rows } = await database.sql<{ epoch: number; earlier_destroyed_at: Date | null; keys: number; old: number }>`
    select e.epoch, e.earlier_destroyed_at, count(w.place) as keys, count(w.place) filter (where w.epoch <> e.epoch) as old
    from keys.epoch e left join keys.wrap w on true group by e.epoch, e.earlier_destroyed_at`
  const { epoch, earlier_destroyed_at: turnedAt, keys, old } = rows[0] as (typeof rows)[number]
  const over = turnedAt === null ? 0 : secondsBetween(turnedAt, at) - EPOCH_DAYS * DAY_SECONDS
  return {
    state: old > 0 ? 'broken' : over > 4 * DAY_SECONDS ? 'late' : 'kept',
    facts: { keys, old, epoch, turnedAt: turnedAt?.toISOString() ?? null },
  }
}

/** Every table holds what a category says, which its owner sees, or is structure, and no other is there. */
async function measureHeld({ database }: Pick<Storage, 'database'>): Promise<Measured> {
  const { categories, tables, undeclared } = await declaredCategories(database.sql)
  return { state: undeclared > 0 ? 'broken' : 'kept', facts: { categories, tables, undeclared } }
}

/** Every look at people's data stands in a chain that is whole, and how far it goes is published every day. */
async function measureAccesses(storage: Pick<Storage, 'database'>, _: unknown, at: Date): Promise<Measured> {
  const { links, brokenAt } = await checkChain(storage)
  const since = new Date(at.getTime() - 30 * DAY_SECONDS * 1000)
  const { rows } = await storage.database.sql<{ recent: number; head: Date | null }>`
    select (select count(distinct number) from access_entry where at > ${since}) as recent,
      (select max(day)::timestamptz from access_head) as head`
  const { recent, head } = rows[0] as (typeof rows)[number]
  const isLate = head !== null && secondsBetween(head, at) > 2 * DAY_SECONDS
  return {
    state: brokenAt !== null ? 'broken' : isLate ? 'late' : 'kept',
    facts: { links, brokenAt, recent, headAt: head?.toISOString() ?? null },
  }
}

/** Kept until `keptUntil`: whoever shows it looks at the clock again. Where none is promised, nothing can be broken. */
async function measureCanary(storage: Pick<Storage, 'database'>, settings: MeasureSettings): Promise<Measured> {
  const { standing, newest, promised } = await canaryNow(storage, settings)
  const { state } = standing
  return {
    state: state === 'none' || state === 'fresh' ? 'kept' : 'broken',
    facts: {
      keyholders: promised.keyholders.length,
      published: newest?.statement.number ?? 0,
      signed: newest === undefined ? 0 : signersOf(newest, promised.keyholders).length,
      keptUntil: 'staleAt' in standing ? standing.staleAt.toISOString() : null,
    },
  }
}

/** Everything that was asked of the service stands in a register whose chain is whole, and the report of it is published every day. */
async function measureRequests(storage: Pick<Storage, 'database' | 'keys'>, _: unknown, at: Date): Promise<Measured> {
  const [{ events, brokenAt }, report] = await Promise.all([checkRegister(storage), reportState(storage)])
  const isLate = report !== undefined && secondsBetween(report.computedAt, at) > 2 * DAY_SECONDS
  return {
    state: brokenAt !== null ? 'broken' : isLate ? 'late' : 'kept',
    facts: {
      events,
      brokenAt,
      received: report?.received ?? 0,
      answered: report?.answered ?? 0,
      publishedAt: report?.computedAt.toISOString() ?? null,
    },
  }
}

/** A drill comes every week, after a backup. */
const DRILL_DAYS = 7

async function measureBackups(
  storage: Pick<Storage, 'database'>,
  { backup }: MeasureSettings,
  at: Date,
): Promise<Measured> {
  const { lastBackupAt, oldestBackupAt, backups, failedAt, lastDrill } = await backupEvidence(storage)
  const isOff = backup.target === undefined && backup.s3 === undefined
  const oldestSeconds = oldestBackupAt === undefined ? null : secondsBetween(oldestBackupAt, at)
  const sinceLast = lastBackupAt === undefined ? 0 : secondsBetween(lastBackupAt, at)
  const sinceDrill = lastDrill === undefined ? 0 : secondsBetween(lastDrill.at, at)
  const isLate =
    !isOff &&
    (failedAt !== undefined ||
      sinceLast > 2 * backup.hours * 3600 + LATE_SECONDS ||
      sinceDrill > 2 * DRILL_DAYS * DAY_SECONDS)
  const ending = stateOf((oldestSeconds ?? 0) - backup.days * DAY_SECONDS)
  return {
    state: (lastDrill?.damaged ?? 0) > 0 ? 'broken' : ending === 'kept' && isLate ? 'late' : ending,
    facts: {
      isOff: isOff ? 1 : 0,
      backups,
      oldestSeconds,
      limitDays: backup.days,
      lastAt: lastBackupAt?.toISOString() ?? null,
      failedAt: failedAt?.toISOString() ?? null,
      drillAt: lastDrill?.at.toISOString() ?? null,
      drilled: lastDrill?.objects ?? 0,
      damaged: lastDrill?.damaged ?? 0,
    },
  }
}

async function measureClosed(
  { database }: Pick<Storage, 'database'>,
  { closing }: MeasureSettings,
  at: Date,
): Promise<Measured> {
  const { rows } = await database.sql<{
    closed: number
    oldest: Date | null
    due: Date | null
    erased: number
    last_at: Date | null
  }>`
    select count(*) as closed, min(closed_at) as oldest,
      min(erase_at) filter (where ${isNotHeld('closure', 'account')}) as due,
      (select count(*) from receipt where erased_at is not null) as erased, (select max(erased_at) from receipt) as last_at
    from closure`
  const { closed, oldest, due, erased, last_at: lastAt } = rows[0] as (typeof rows)[number]
  return {
    state: due === null ? 'kept' : stateOf(secondsBetween(due, at)),
    facts: {
      closed,
      oldestSeconds: oldest === null ? null : secondsBetween(oldest, at),
      limitDays: closing.reopenDays + closing.eraseDays,
      erased,
      lastAt: lastAt?.toISOString() ?? null,
    },
  }
}

/** How many have agreed, and how long before it took effect the last change was told. */
async function measureVersions({ database }: Pick<Storage, 'database'>, _: unknown, at: Date): Promise<Measured> {
  const { rows } = await database.sql<{ versions: number; agreed: number; asked: number; notice: number | null }>`
    with force as (
      select document, max(version) as version from policy_version where effective_at <= ${at} group by document
    ), newest as (
      select account_id, document, max(version) as version from consent group by account_id, document
    )
    select (select count(*) from policy_version) as versions,
      (select count(*) from newest n join force f using (document) where n.version >= f.version and document = 'policy') as agreed,
      (select count(*) from newest where document = 'policy') as asked,
      (select (extract(epoch from min(effective_at - announced_at)) / 86400)::float8 from policy_version where effective_at > announced_at) as notice`
  const { versions, agreed, asked, notice } = rows[0] as (typeof rows)[number]
  return { state: 'kept', facts: { versions, agreed, asked, noticeDays: notice === null ? null : Math.round(notice) } }
}

/** Who has no current agreement is let in to nothing (trust/desk/answer.ts), so the promise holds whatever the numbers say. */
async function measureStaff(storage: Pick<Storage, 'database'>): Promise<Measured> {
  return { state: 'kept', facts: await countAgreements(storage) }
}
