import type { OpenAccount, Storage } from '#storage'

/** Accounts of which items of a kind may wait to be indexed. */
export async function accountsToIndex({ database }: Pick<Storage, 'database'>, kind: string): Promise<number[]> {
  const { rows } = await database.sql<{ account_id: number }>`
    select k.account_id from kind_state k
    left join index_state s on s.account_id = k.account_id and s.kind = k.kind
    where k.kind = ${kind} and k.items_change > coalesce(s.change, 0)`
  return rows.map((row) => row.account_id)
}

/** How much waits to be indexed, of all kinds: accounts, and changes of theirs. */
export async function indexBacklog({
  database,
}: Pick<Storage, 'database'>): Promise<{ accounts: number; changes: number }> {
  const { rows } = await database.sql<{ accounts: number; changes: number }>`
    select count(*) as accounts, coalesce(sum(k.items_change - coalesce(s.change, 0)), 0)::bigint as changes
    from kind_state k left join index_state s on s.account_id = k.account_id and s.kind = k.kind
    where k.items_change > coalesce(s.change, 0)`
  return rows[0] as (typeof rows)[number]
}

/** Items changed since the account was indexed that are looked at for those that wait. */
const MOST_CHANGED = 5000

/**
 * Items of a kind that came too recently to be indexed, the newest first; no more than `most`, so that a search never
 * opens a whole import.
 * @param changed  items changed since then that are looked at
 */
export async function waitingItems(
  account: OpenAccount,
  kind: string,
  most: number,
  changed = MOST_CHANGED,
): Promise<number[]> {
  const { rows } = await account.sql<{ item_id: number }>`
    select distinct i.item_id from (
      select unnest(items) as item_id from (
        select items from item_change
        where account_id = ${account.id} and kind = ${kind} and change > coalesce(
          (select s.change from index_state s where s.account_id = ${account.id} and s.kind = ${kind}), 0)
        order by change desc limit ${changed}
      ) as l limit ${changed}
    ) as named
    join item i on i.account_id = ${account.id} and i.item_id = named.item_id and i.deleted_at is null
    where not exists (select from item_words w where w.account_id = ${account.id} and w.item_id = i.item_id)
    order by i.item_id desc limit ${most}`
  return rows.map((row) => row.item_id)
}
