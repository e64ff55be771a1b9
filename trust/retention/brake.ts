import { machineMs, now, nowMs } from '#system'
import type { Storage } from '#storage'
import { isNotHeld } from '#trust/legal'
import type { RetentionSettings } from './rules.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Why nothing is erased. */
export type HeldFor = 'clocksDisagree' | 'clockWentBack' | 'clockWentAhead' | 'tooManyItems' | 'tooManyDays'

/** The machine's clock and the database's may be so far apart. */
const MOST_APART_MS = HOUR_MS

/** Retention runs every five minutes. After a week without it either the server was off, or the clock has jumped: only a person can tell. */
const LONGEST_GAP_MS = 7 * DAY_MS

/** Below these numbers a share says nothing. */
const FEW_ITEMS = 1000
const FEW_DAYS = 3

/** How long after a release what is due at once is not held again. */
const RELEASED_MS = DAY_MS

interface BrakeRow {
  seen_at: Date
  held_for: HeldFor | null
  held_at: Date | null
  released_until: Date | null
}

/**
 * Whether retention has to stop, asked before it destroys anything: what ended early cannot be brought back, what ends late can
 * still be ended. Once it has stopped it stays so until `releaseBrake`.
 * @param machine  the machine's clock, in milliseconds since 1970
 */
export async function heldFor(
  storage: Pick<Storage, 'database'>,
  settings: RetentionSettings,
  machine = machineMs(),
): Promise<HeldFor | undefined> {
  const { sql } = storage.database
  const { rows } = await sql<BrakeRow & { database_now: Date }>`
    with first as (
      insert into brake (seen_at) values (${new Date(machine)}) on conflict do nothing returning *
    )
    select *, clock_timestamp() as database_now from (select * from brake union all select * from first) as b limit 1`
  const brake = rows[0] as (typeof rows)[number]
  if (brake.held_for !== null) return brake.held_for
  const held = clockFault(machine, brake) ?? (await tooMuch(storage, settings, brake))
  await (held === undefined
    ? sql`update brake set seen_at = ${new Date(machine)}`
    : sql`update brake set held_for = ${held}, held_at = ${now()}`)
  return held
}

function clockFault(machine: number, brake: BrakeRow & { database_now: Date }): HeldFor | undefined {
  if (Math.abs(machine - brake.database_now.getTime()) > MOST_APART_MS) return 'clocksDisagree'
  const since = machine - brake.seen_at.getTime()
  if (since < -MOST_APART_MS) return 'clockWentBack'
  return since > LONGEST_GAP_MS ? 'clockWentAhead' : undefined
}

/** What a clock that jumps while the server is off, with the database's, shows itself by: nearly everything is due at once. */
async function tooMuch(
  { database }: Pick<Storage, 'database'>,
  { retention, journal }: RetentionSettings,
  { released_until: releasedUntil }: BrakeRow,
): Promise<HeldFor | undefined> {
  if (releasedUntil !== null && releasedUntil > now()) return undefined
  const deletedBefore = new Date(nowMs() - retention.deletedDays * DAY_MS)
  const firstDay = new Date(nowMs() - (journal.days - 1) * DAY_MS).toISOString().slice(0, 10)
  const { rows } = await database.sql<{ items: number; due_items: number; days: number; due_days: number }>`
    select
      (select count(*) from item where deleted_at is not null and not is_replaced) as items,
      (select count(*) from item where deleted_at < ${deletedBefore} and not is_replaced
        and ${isNotHeld('item', 'deleted')}) as due_items,
      (select count(*) from keys.wrap where place > 'day/' and place < 'day0') as days,
      (select count(*) from keys.wrap where place > 'day/' and place < ${`day/${firstDay}`}) as due_days`
  const { items, due_items: dueItems, days, due_days: dueDays } = rows[0] as (typeof rows)[number]
  if (dueItems > FEW_ITEMS && dueItems > items * retention.brakeShare) return 'tooManyItems'
  return dueDays > FEW_DAYS && dueDays > days * retention.brakeShare ? 'tooManyDays' : undefined
}

export interface BrakeState {
  seenAt: Date
  heldFor: HeldFor | undefined
  heldAt: Date | undefined
}

/** Undefined before retention has run for the first time. */
export async function brakeState({ database }: Pick<Storage, 'database'>): Promise<BrakeState | undefined> {
  const { rows } = await database.sql<BrakeRow>`select * from brake`
  const [row] = rows
  return row && { seenAt: row.seen_at, heldFor: row.held_for ?? undefined, heldAt: row.held_at ?? undefined }
}

/**
 * Lets retention go on: the operator has looked, and the clock is right. What was deleted by a clock that was ahead is
 * counted from now, or it would stay for longer than was promised.
 */
export async function releaseBrake({ database }: Pick<Storage, 'database'>, machine = machineMs()): Promise<void> {
  await database.transaction(async (sql) => {
    await sql`
      update brake set held_for = null, held_at = null, seen_at = ${new Date(machine)},
        released_until = ${new Date(nowMs() + RELEASED_MS)}`
    const later = new Date(nowMs() + HOUR_MS)
    await sql`update item set deleted_at = ${now()} where deleted_at > ${later}`
    await sql`update record set removed_at = ${now()} where removed_at > ${later}`
    await sql`update vanished set at = ${now()} where at > ${later}`
    await sql`update removed_folder set at = ${now()} where at > ${later}`
    await sql`update deletion set at = least(at, ${now()}), last_at = ${now()} where last_at > ${later}`
  })
}
