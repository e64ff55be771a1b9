import type { Gathering, Transaction } from '#storage'
import { FLAG, READ } from './flags.ts'

/** What a transaction touched: the counts, conversations and numbers of these are brought up to date before its commit. */
interface Touched {
  /** Items touched, by their kind. */
  items: Map<string, Set<number>>
  /** The kind of each folder touched. */
  folders: Map<number, string>
  /** Conversations in folders, as `folder/thread`. */
  pairs: Map<string, { folderId: number; threadId: number }>
  /** Kinds of which a folder (name, place, role) was touched. */
  kindsOfFolders: Set<string>
  /** How often something was touched, by which works of one transaction are told apart (`write.ts`). */
  touches: number
}

export const touched: Gathering<Touched> = {
  start: () => ({ items: new Map(), folders: new Map(), pairs: new Map(), kindsOfFolders: new Set(), touches: 0 }),

  settle(tx, { items, folders, pairs, kindsOfFolders }) {
    const sent: Promise<unknown>[] = folders.size > 0 ? [recount(tx, folders, [...pairs.values()])] : []
    const kindsOfItems = new Set(folders.values())
    for (const kind of new Set([...kindsOfFolders, ...kindsOfItems])) {
      const ids = [...(items.get(kind) ?? [])]
      sent.push(tx.sql`
        with told as (
          insert into item_change (account_id, kind, change, items)
          select ${tx.account.id}::bigint, ${kind}::text, ${tx.change}::bigint, ${ids}::bigint[] where ${ids.length > 0}::boolean
        )
        insert into kind_state (account_id, kind, folders_change, items_change, changes)
        values (${tx.account.id}, ${kind}, ${kindsOfFolders.has(kind) ? tx.change : 0}, ${kindsOfItems.has(kind) ? tx.change : 0}, ${ids.length > 0 ? 1 : 0})
        on conflict (account_id, kind) do update set
          folders_change = greatest(kind_state.folders_change, excluded.folders_change),
          items_change = greatest(kind_state.items_change, excluded.items_change),
          changes = kind_state.changes + excluded.changes`)
    }
    return sent
  },
}

/** Says that items have got the transaction's number. Whoever writes it into their rows says so. */
export function touchItems(tx: Transaction, kind: string, ids: readonly number[]): void {
  const { items } = tx.gather(touched)
  const known = items.get(kind) ?? new Set()
  items.set(kind, known)
  for (const id of ids) known.add(id)
}

/** Says that a conversation in a folder has changed: something came, went, or was flagged. */
export function touchThread(tx: Transaction, kind: string, folderId: number, threadId: number): void {
  const all = tx.gather(touched)
  all.touches++
  all.folders.set(folderId, kind)
  all.pairs.set(`${folderId}/${threadId}`, { folderId, threadId })
}

/** Says that something in these folders has changed, and that their counts are already right. */
export function touchContents(tx: Transaction, kind: string, folderIds: readonly number[]): void {
  const all = tx.gather(touched)
  all.touches++
  for (const folderId of folderIds) all.folders.set(folderId, kind)
}

/** Says that a folder itself has changed: its name, place, role or order. */
export function touchFolders(tx: Transaction, kind: string): void {
  const all = tx.gather(touched)
  all.touches++
  all.kindsOfFolders.add(kind)
}

/**
 * Says that everything in a folder went to another, counts and conversations with it: what was touched in the one before,
 * and is not counted yet, is then counted in the other.
 */
export function touchMoved(tx: Transaction, kind: string, from: number, to: number): void {
  touchContents(tx, kind, [from, to])
  const uncounted = [...tx.gather(touched).pairs.values()].filter(({ folderId }) => folderId === from)
  for (const { threadId } of uncounted) touchThread(tx, kind, to, threadId)
}

/**
 * Counts the touched conversations anew, and moves the folders' totals by the difference: the cost is that of what changed.
 * `offset 0` keeps PostgreSQL to the order written: from the pairs to their items by index. Left to itself, on tables it
 * has not yet analysed, it begins with everything the account has; and asked for an item in a folder, it may walk through the
 * folder's index by time.
 */
function recount(
  tx: Transaction,
  folders: Touched['folders'],
  pairs: { folderId: number; threadId: number }[],
): Promise<unknown> {
  const ids = [...folders.keys()]
  return tx.sql`
    with pair as materialized (
      select * from unnest(${pairs.map((p) => p.folderId)}::bigint[], ${pairs.map((p) => p.threadId)}::bigint[]) as p (folder_id, thread_id)
    ), before as materialized (
      select pair.folder_id, pair.thread_id, f.place, f.total, f.unread, f.unseen_drafts from pair cross join lateral (
        select ctid as place, folder_id, total, unread, unseen_drafts from folder_thread
        where account_id = ${tx.account.id} and thread_id = pair.thread_id offset 0) as f
      where f.folder_id = pair.folder_id
    ), after as materialized (
      select pair.folder_id, pair.thread_id, c.total, c.unread, c.unseen_drafts, c.latest_at, c.latest_item from pair cross join lateral (
        select count(*)::int as total,
          (count(*) filter (where i.flags & ${READ} = 0))::int as unread,
          (count(*) filter (where i.flags & ${READ} = ${FLAG.draft}))::int as unseen_drafts,
          max(p.received_at) as latest_at,
          (array_agg(i.item_id order by p.received_at desc, i.item_id desc))[1] as latest_item
        from (select item_id, flags from item where account_id = ${tx.account.id} and thread_id = pair.thread_id offset 0) as i
        cross join lateral (
          select folder_id, received_at from placement where account_id = ${tx.account.id} and item_id = i.item_id offset 0) as p
        where p.folder_id = pair.folder_id
      ) as c
      where c.total > 0
    ), gone as (
      delete from folder_thread where ctid = any(array(
        select place from before left join after using (folder_id, thread_id) where after.folder_id is null))
    ), kept as (
      insert into folder_thread (account_id, folder_id, thread_id, total, unread, unseen_drafts, latest_at, latest_item)
      select ${tx.account.id}, folder_id, thread_id, total, unread, unseen_drafts, latest_at, latest_item from after
      on conflict (account_id, folder_id, thread_id) do update set
        total = excluded.total, unread = excluded.unread, unseen_drafts = excluded.unseen_drafts, latest_at = excluded.latest_at, latest_item = excluded.latest_item
    ), delta as materialized (
      select folder_id, sum(total)::int as total, sum(unread)::int as unread, sum(unseen_drafts)::int as unseen_drafts, sum(sign)::int as threads,
        (sum(sign) filter (where unread <> 0))::int as unread_threads
      from (
        select folder_id, total, unread, unseen_drafts, 1 as sign from after
        union all
        select folder_id, -total, -unread, -unseen_drafts, -1 from before
      ) as side
      group by folder_id
    )
    update folder set
      total = folder.total + coalesce(delta.total, 0),
      unread = folder.unread + coalesce(delta.unread, 0),
      unseen_drafts = folder.unseen_drafts + coalesce(delta.unseen_drafts, 0),
      threads = folder.threads + coalesce(delta.threads, 0),
      unread_threads = folder.unread_threads + coalesce(delta.unread_threads, 0),
      items_change = ${tx.change}
    from unnest(${ids}::bigint[]) as touched (folder_id)
    left join delta on delta.folder_id = touched.folder_id
    where folder.account_id = ${tx.account.id} and folder.folder_id = touched.folder_id`
}
