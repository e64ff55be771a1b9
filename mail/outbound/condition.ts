import { now, nowMs, type Config } from '#system'
import type { Storage } from '#storage'
import { DEFERRALS, type Deferral } from './outcome.ts'

/** The queue in numbers: whom letters are for, and where they go, is not among them. */
export interface QueueCondition {
  letters: number
  /** Recipients who wait, those of letters that are to leave later left out. */
  recipients: number
  /** Recipients of letters that are to leave later. */
  scheduled: number
  /** Since the letter that has waited longest was to leave. */
  oldestSeconds: number
  /** How long the one that should have been tried first has been left lying. */
  overdueSeconds: number
  /** Recipients who have been tried and wait again, by reason. */
  deferrals: Record<Deferral, number>
  /** Destinations to which nothing has left for longer than senders are left without news. */
  deadDestinations: number
}

/** Attempts after which a destination that took nothing counts as dead. */
const MANY_ATTEMPTS = 3

export async function queueCondition(
  { database }: Pick<Storage, 'database'>,
  { queue }: Pick<Config, 'queue'>,
): Promise<QueueCondition> {
  const at = now()
  const longAgo = new Date(nowMs() - queue.warnAfterHours * 3_600_000)
  const { rows } = await database.sql<{
    letters: number
    recipients: number
    scheduled: number
    oldest: Date | null
    overdue: Date | null
    dead: number
  }>`
    with waiting as (
      select letter_id, destination_key, attempts, deferral, next_attempt_at, send_at
      from queue_recipient join queue_letter using (letter_id) where state = 'waiting'
    ), destination as (
      select min(send_at) as oldest, min(attempts) as attempts from waiting where send_at <= ${at} group by destination_key
    )
    select (select count(distinct letter_id) from waiting) as letters,
      count(*) filter (where send_at <= ${at}) as recipients, count(*) filter (where send_at > ${at}) as scheduled,
      min(send_at) filter (where send_at <= ${at}) as oldest,
      min(next_attempt_at) filter (where send_at <= ${at} and next_attempt_at <= ${at}) as overdue,
      (select count(*) from destination where oldest < ${longAgo} and attempts >= ${MANY_ATTEMPTS}) as dead
    from waiting`
  const { letters, recipients, scheduled, oldest, overdue, dead } = rows[0] as (typeof rows)[number]
  const { rows: deferred } = await database.sql<{ deferral: Deferral; count: number }>`
    select deferral, count(*) as count from queue_recipient where state = 'waiting' and deferral is not null group by deferral`
  const counts = new Map(deferred.map(({ deferral, count }) => [deferral, count]))
  const since = (time: Date | null): number =>
    time === null ? 0 : Math.max(0, Math.round((at.getTime() - time.getTime()) / 1000))
  return {
    letters,
    recipients,
    scheduled,
    oldestSeconds: since(oldest),
    overdueSeconds: since(overdue),
    deferrals: Object.fromEntries(DEFERRALS.map((name) => [name, counts.get(name) ?? 0])) as Record<Deferral, number>,
    deadDestinations: dead,
  }
}
