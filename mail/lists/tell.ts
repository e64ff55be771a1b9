import { addressesOf, noteListOwnerTold, readSettings } from '#accounts'
import { enqueue, prepareOwnLetter, wakeQueue } from '#mail/outbound'
import type { OpenAccount, Storage } from '#storage'
import { nowMs, type Config } from '#system'
import { HELD_DAYS, readHeld } from './held.ts'
import { readLists } from './list.ts'
import { fill, WAITING_TEXTS } from './texts.ts'

const DAY_MS = 86_400_000

/** Accounts in one round. */
const AT_ONCE = 500

/** Tells owners that letters to their lists wait: a letter into their own inbox, once a day at most. A job. */
export async function tellOfHeld(storage: Storage, config: Pick<Config, 'hostname'>): Promise<{ told: number }> {
  const since = new Date(nowMs() - DAY_MS)
  const { rows } = await storage.database.sql<{ account_id: number }>`
    select distinct h.account_id from held_letter h join account a on a.account_id = h.account_id and a.state = 'open'
    where not h.is_told
      and not exists (select from list_address l where l.account_id = h.account_id and l.told_at > ${since})
    limit ${AT_ONCE}`
  let told = 0
  for (const row of rows)
    told += (await tell(storage, config, await storage.openAccount(row.account_id), since)) ? 1 : 0
  if (told > 0) wakeQueue(storage)
  return { told }
}

async function tell(
  storage: Storage,
  { hostname }: Pick<Config, 'hostname'>,
  account: OpenAccount,
  since: Date,
): Promise<boolean> {
  const [held, lists, [address], { language }] = await Promise.all([
    readHeld(account),
    readLists(account, null),
    addressesOf(storage, account.id),
    readSettings(account),
  ])
  const waiting = lists
    .map(({ id, name }) => ({ name, count: held.filter(({ listId }) => listId === id).length }))
    .filter(({ count }) => count > 0)
  if (waiting.length === 0 || address === undefined) return false
  const words = fill(WAITING_TEXTS[language], {
    lists: waiting.map(({ name, count }) => `${name}: ${count}`).join('\n'),
    link: `https://${hostname}/app/#/settings/lists`,
    days: String(HELD_DAYS),
    hostname,
  })
  const letter = await prepareOwnLetter(storage, { to: address, language, ...words })
  return storage.database.transaction(async (sql) => {
    if (!(await noteListOwnerTold(sql, account.id, since))) return false
    await sql`
      update held_letter set is_told = true
      where account_id = ${account.id} and held_id = any(${held.map(({ id }) => id)}::bigint[])`
    await enqueue(sql, letter)
    return true
  })
}
