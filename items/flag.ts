import { FLAG, READ } from './flags.ts'
import { touchContents, touchItems, touchThread } from './settle.ts'
import { numberKeywords } from './keywords.ts'
import { fragment as f, type Transaction } from '#storage'

/** How the flags of items in a folder change. */
export interface FlagChange {
  /** Bits (flags.ts) that are set and taken away. */
  set: number
  clear: number
  /** Keywords; `replace` first takes all others away. */
  add: readonly string[]
  remove: readonly string[]
  replace: boolean
  /** `\Deleted` of the placements; undefined leaves it. */
  isDeleted: boolean | undefined
}

interface Flagged {
  /** Items that have changed. */
  changed: number[]
  /** Items that were left alone, for they had changed since the number that was given. */
  refused: number[]
}

/**
 * Changes flags of many items of one folder in one statement, whatever each of them had before: what stays as it was gets
 * no new number. The order of its joins is written down, as in `findPlacements`.
 * @param condition  leaves alone what has a greater number (RFC 7162 §3.1.3), or what has one of the flags to be set
 * @throws Refusal 'tooManyItems' for the keywords
 */
export async function flagItems(
  tx: Transaction,
  kind: string,
  folderId: number,
  itemIds: readonly number[],
  { set, clear, add, remove, replace, isDeleted }: FlagChange,
  condition: number | 'absent' = Number.MAX_SAFE_INTEGER,
): Promise<Flagged> {
  const { account, change } = tx
  const unchangedSince = condition === 'absent' ? Number.MAX_SAFE_INTEGER : condition
  const { numbers } = add.length > 0 || remove.length > 0 ? await numberKeywords(tx, add) : { numbers: new Map() }
  const numbersOf = (names: readonly string[]): number[] => names.flatMap((name) => numbers.get(name) ?? [])
  const [added, removed] = [numbersOf(add), numbersOf(remove)]
  const aboutKeywords = replace || added.length > 0 || removed.length > 0
  const newFlags = f`(flags & ~${clear}::int) | ${set}::int`
  const newKeywords = f`case when ${aboutKeywords}::boolean then array(
    select distinct k from unnest(case when ${replace}::boolean then '{}' else keywords end || ${added}::int[]) as k
    where not k = any(${removed}::int[]) order by k) else keywords end`
  const { rows } = await tx.sql<{ changed: number[]; refused: number[]; folders: number[]; threads: number[] }>`
    with target as materialized (
      select p.uid, i.item_id, i.thread_id, i.flags, i.keywords, p.is_deleted, greatest(i.change, p.change) > ${unchangedSince} as is_newer,
        ${newFlags} as new_flags, ${newKeywords} as new_keywords,
        coalesce(${isDeleted ?? null}::boolean, p.is_deleted) as new_deleted,
        ${condition === 'absent'}::boolean and (i.flags & ${set}::int <> 0 or i.keywords && ${added}::int[]) as is_refused
      from unnest(${[...itemIds]}::bigint[]) as wanted (item_id)
      cross join lateral (select * from placement where account_id = ${account.id} and item_id = wanted.item_id offset 0) as p
      cross join lateral (
        select item_id, thread_id, kind, flags, keywords, change from item
        where account_id = ${account.id} and item_id = wanted.item_id offset 0) as i
      where p.folder_id = ${folderId} and i.kind = ${kind}
    ), other as materialized (
      select * from target
      where not is_newer and not is_refused and (flags <> new_flags or keywords <> new_keywords or is_deleted <> new_deleted)
    ), marked as (
      update item set flags = ${newFlags}, keywords = ${newKeywords}, change = ${change}
      where account_id = ${account.id} and item_id = any(array(select item_id from other))
    ), placed as (
      update placement set is_deleted = not is_deleted, change = ${change}
      where account_id = ${account.id} and folder_id = ${folderId}
        and uid = any(array(select uid from other where is_deleted <> new_deleted))
    )
    select array(select item_id from other) as changed,
      array(select item_id from target where is_newer or is_refused) as refused,
      array(select distinct p.folder_id from other join placement p on p.account_id = ${account.id} and p.item_id = other.item_id) as folders,
      array(select distinct thread_id from other where (flags # new_flags) & ${READ} <> 0) as threads`
  const { changed, refused, folders, threads } = rows[0] as (typeof rows)[0]
  touchItems(tx, kind, changed)
  if (changed.length > 0) touchContents(tx, kind, folders)
  for (const folder of threads.length > 0 ? folders : [])
    for (const thread of threads) touchThread(tx, kind, folder, thread)
  return { changed, refused }
}

/** The flags that IMAP calls system flags and keywords that are bits; what else an item carries stays. */
export const SETTABLE = FLAG.seen | FLAG.answered | FLAG.flagged | FLAG.draft | FLAG.forwarded | FLAG.blocked
