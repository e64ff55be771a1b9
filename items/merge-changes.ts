import type { Storage } from '#storage'

/** Rows of the list that may be merged into one are so many items' at most, or those of a single change. */
const PAGE = 1000

/** The list is merged again when so many changes have been added, and a quarter of the items: that costs little for each. */
const LEAST = 10_000

/**
 * Merges the list of changes of one account and kind, where many have been added: of each item only its last change is
 * kept, and neighbours share a row. What is told to whoever asks for changes stays the same.
 * @returns rows that went; 0 when no list is long
 */
export async function mergeChanges({ database }: Pick<Storage, 'database'>): Promise<number> {
  return database.transaction(async (sql) => {
    const { rows: long } = await sql<{ account_id: number; kind: string }>`
      select account_id, kind from kind_state where changes > merge_at limit 1`
    if (long[0] === undefined) return 0
    const { account_id: accountId, kind } = long[0]
    // Whoever writes locks this row first.
    await sql`select from account where account_id = ${accountId} for update`
    const { rowCount: before } = await sql`delete from item_change where account_id = ${accountId} and kind = ${kind}`
    const { rows } = await sql<{ after: number; items: number }>`
      with merged as (
        insert into item_change (account_id, kind, change, items)
        select ${accountId}::bigint, ${kind}::text, max(change), array_agg(item_id order by change, item_id)
        from (
          select change, item_id, (rank() over (order by change) - 1) / ${PAGE}::bigint as page
          from item where account_id = ${accountId} and kind = ${kind}
        ) as ranked
        group by page
        returning cardinality(items) as items
      )
      select count(*) as after, coalesce(sum(items), 0)::bigint as items from merged`
    const { after, items } = rows[0] as (typeof rows)[number]
    await sql`
      update kind_state set changes = 0, merge_at = ${LEAST} + ${items}::bigint / 4
      where account_id = ${accountId} and kind = ${kind}`
    return before - after
  })
}
