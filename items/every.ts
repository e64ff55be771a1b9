import type { OpenAccount } from '#storage'
import { keywordNames } from './keywords.ts'
import { toItem, type Item, type Row } from './read.ts'

/** An item, whether it is there or deleted. */
export interface AnyItem extends Item {
  /** Since when it is deleted; undefined of one that is there. */
  deletedAt: Date | undefined
}

/** Items opened at a time. */
const PAGE = 100

/**
 * All items of a kind, deleted ones too, in the order of their ids and in pages; without those that a program replaced, which only wait
 * to be erased. What comes meanwhile is among them, what goes is not.
 */
export async function* everyItem(account: OpenAccount, kind: string): AsyncGenerator<AnyItem[]> {
  let after = 0
  for (;;) {
    const { rows } = await account.sql<Row & { kind: string; deleted_at: Date | null; is_replaced: boolean }>`
      select i.item_id, i.kind, i.thread_id, i.blob_id, i.size, i.flags, i.keywords, i.received_at, i.deleted_at, i.is_replaced,
        array(select p.folder_id from placement p where p.account_id = i.account_id and p.item_id = i.item_id) as folders,
        s.sealed as summary
      from (select * from item where account_id = ${account.id} and item_id > ${after} order by item_id limit ${PAGE}) i
      join item_summary s on s.account_id = i.account_id and s.item_id = i.item_id
      order by i.item_id`
    const wanted = rows.filter((row) => row.kind === kind && !row.is_replaced)
    const names = await keywordNames(
      account,
      wanted.flatMap((row) => row.keywords),
    )
    yield wanted.map((row) => ({ ...toItem(account, row, names), deletedAt: row.deleted_at ?? undefined }))
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) return
    after = last.item_id
  }
}
