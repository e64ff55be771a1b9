import { now, nowMs, Refusal } from '#system'
import type { OpenAccount, Sql, Transaction } from '#storage'
import type { SendingLimits } from './growth.ts'
import { HOUR_MS, thisHour } from './hour.ts'

const DAY_MS = 24 * HOUR_MS
const USUAL_MS = 30 * DAY_MS

/** What of a letter is counted. */
export interface LetterCount {
  recipients: number
  /** Those to whom the account has never written. */
  strangers: number
}

/** What was counted over 24 hours, and the first hour in which something of it was. */
interface Day {
  letters: number
  recipients: number
  strangers: number
  failed: number
  recipients_since: Date | null
  strangers_since: Date | null
  failed_since: Date | null
}

/**
 * Counts a letter in the transaction that sends it, under the account's lock: a thousand at once are a thousand.
 * Letters are counted by the hour of the clock, all else over the 24 hours up to now.
 * @throws Refusal 'tooManyAttempts' with the seconds to wait, and the limit that was reached as its field: `letters`,
 *   `recipients`, `strangers` or `bounces`
 */
export async function countSending(
  { account, sql }: Transaction,
  { recipients, strangers }: LetterCount,
  limits: SendingLimits,
): Promise<void> {
  const hour = thisHour()
  await sql`
    insert into sending as known (account_id, hour, letters, recipients, strangers)
    values (${account.id}, ${hour}, 1, ${recipients}, ${strangers})
    on conflict (account_id, hour) do update
    set letters = known.letters + 1, recipients = known.recipients + excluded.recipients,
      strangers = known.strangers + excluded.strangers`
  const { rows } = await sql<Day>`
    select coalesce(sum(letters) filter (where hour = ${hour}), 0)::int as letters,
      sum(recipients)::int as recipients, sum(strangers)::int as strangers, sum(failed)::int as failed,
      min(hour) filter (where recipients > 0) as recipients_since,
      min(hour) filter (where strangers > 0) as strangers_since, min(hour) filter (where failed > 0) as failed_since
    from sending where account_id = ${account.id} and hour > ${new Date(nowMs() - DAY_MS)}`
  const [sent] = rows
  if (sent === undefined) return
  const dayAfter = (since: Date | null): number => (since ?? hour).getTime() + DAY_MS
  if (sent.letters > limits.maxLettersPerHour) throw tooMany('letters', hour.getTime() + HOUR_MS)
  if (sent.recipients > limits.maxRecipientsPerDay) throw tooMany('recipients', dayAfter(sent.recipients_since))
  if (strangers > 0 && sent.strangers > limits.maxNewRecipientsPerDay)
    throw tooMany('strangers', dayAfter(sent.strangers_since))
  if (sent.failed >= limits.maxBouncesPerDay) throw tooMany('bounces', dayAfter(sent.failed_since))
}

const tooMany = (limit: string, until: number): Refusal =>
  new Refusal('tooManyAttempts', {
    retryAfterSeconds: Math.max(1, Math.ceil((until - now().getTime()) / 1000)),
    fields: [limit],
  })

/** Counts recipients whose letters were given back, in the transaction that gives them back. */
export async function countFailures(sql: Sql, accountId: number, failures: number): Promise<void> {
  if (failures === 0) return
  await sql`
    insert into sending as known (account_id, hour, letters, recipients, failed)
    values (${accountId}, ${thisHour()}, 0, 0, ${failures})
    on conflict (account_id, hour) do update set failed = known.failed + excluded.failed`
}

/** How an account sends at present, and how it does otherwise. */
export interface SentLately {
  /** In this hour of the clock. */
  recipients: number
  strangers: number
  /** Recipients given back within 24 hours. */
  failed: number
  /** Recipients of the busiest hour of the last month, the last 24 hours apart. */
  usual: number
}

/** @param since  what was counted before is no sign of how it sends now */
export async function sentLately({ id, sql }: OpenAccount, since = new Date(0)): Promise<SentLately> {
  const [hour, day] = [thisHour(), new Date(nowMs() - DAY_MS)]
  const { rows } = await sql<SentLately>`
    select coalesce(sum(recipients) filter (where hour = ${hour} and hour >= ${since}), 0)::int as recipients,
      coalesce(sum(strangers) filter (where hour = ${hour} and hour >= ${since}), 0)::int as strangers,
      coalesce(sum(failed) filter (where hour > ${day} and hour >= ${since}), 0)::int as failed,
      coalesce(max(recipients) filter (where hour <= ${day}), 0)::int as usual
    from sending where account_id = ${id} and hour > ${new Date(nowMs() - USUAL_MS)}`
  return rows[0] as SentLately
}
