import type { OpenAccount } from '#storage'
import { thisHour } from './hour.ts'

/** What the script of one account may send in an hour of the clock, of each sort: a storm ends here. */
const MOST_PER_HOUR = { redirects: 200, notifications: 60 } as const

export type SentByScript = keyof typeof MOST_PER_HOUR

/**
 * Counts one more, for all processes together. Not in the transaction that files: what may not leave is filed instead, and that is
 * known before. Needs no more than zegel_receiver may.
 * @returns false when the hour has had all it may
 */
export async function countByScript({ id, sql }: OpenAccount, what: SentByScript): Promise<boolean> {
  const [redirects, notifications] = [Number(what === 'redirects'), Number(what === 'notifications')]
  const { rowCount } = await sql`
    insert into sending as known (account_id, hour, redirects, notifications)
    values (${id}, ${thisHour()}, ${redirects}, ${notifications})
    on conflict (account_id, hour) do update
    set redirects = known.redirects + ${redirects}, notifications = known.notifications + ${notifications}
    where known.redirects + ${redirects} <= ${MOST_PER_HOUR.redirects}
      and known.notifications + ${notifications} <= ${MOST_PER_HOUR.notifications}`
  return rowCount > 0
}
