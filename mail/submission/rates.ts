import { now, nowMs, Refusal, type Config } from '#system'
import type { Transaction } from '#storage'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/**
 * Counts a letter in the transaction that sends it, under the account's lock: a thousand at once are a thousand.
 * Letters are counted by the hour of the clock, recipients over the 24 hours up to now.
 * @throws Refusal 'tooManyAttempts' with the seconds to wait
 */
export async function countSending(
  { account, sql }: Transaction,
  recipients: number,
  { maxLettersPerHour, maxRecipientsPerDay }: Config['sending'],
): Promise<void> {
  const hour = new Date(Math.floor(nowMs() / HOUR_MS) * HOUR_MS)
  await sql`
    insert into sending as known (account_id, hour, letters, recipients) values (${account.id}, ${hour}, 1, ${recipients})
    on conflict (account_id, hour) do update
    set letters = known.letters + 1, recipients = known.recipients + excluded.recipients`
  const { rows } = await sql<{ letters: number; recipients: number; oldest: Date }>`
    select coalesce(sum(letters) filter (where hour = ${hour}), 0)::int as letters, sum(recipients)::int as recipients,
      min(hour) as oldest
    from sending where account_id = ${account.id} and hour > ${new Date(nowMs() - DAY_MS)}`
  const [sent] = rows
  if (sent === undefined) return
  if (sent.letters > maxLettersPerHour) throw tooMany(hour.getTime() + HOUR_MS)
  if (sent.recipients > maxRecipientsPerDay) throw tooMany(sent.oldest.getTime() + DAY_MS)
}

const tooMany = (until: number): Refusal =>
  new Refusal('tooManyAttempts', { retryAfterSeconds: Math.max(1, Math.ceil((until - now().getTime()) / 1000)) })
