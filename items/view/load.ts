import { Refusal } from '#system'
import type { OpenAccount } from '#storage'
import { changedItems } from '../changes.ts'
import { DELETED, Rows, type Row } from './rows.ts'

/** How a folder stands at a moment. */
export interface FolderState {
  uidValidity: number
  uidNext: number
  /** The last number that touched something in it: HIGHESTMODSEQ. */
  change: number
}

export interface Loaded extends FolderState {
  rows: Rows
}

interface Packed {
  uid_validity: number
  uid_next: number
  items_change: number
  uids: Buffer | null
  items: Buffer
  flags: Buffer
  changes: Buffer
  received: Buffer
  saved: Buffer
  sizes: Buffer
  marked: number[] | null
  marks: string[] | null
}

/**
 * Reads all that stands in a folder, in one statement and as one row of packed columns: a row for each message would cost
 * three times as much.
 * @throws Refusal 'notFound'
 */
export async function loadRows(account: OpenAccount, folderId: number): Promise<Loaded> {
  const { rows: answer } = await account.sql<Packed>`
    select f.uid_validity, f.uid_next, f.items_change, packed.*
    from folder f left join lateral (
      select string_agg(int4send((uid - 2147483648)::int), '') as uids,
        string_agg(int8send(item_id), '') as items,
        string_agg(int4send(flags), '') as flags,
        string_agg(int8send(change), '') as changes,
        string_agg(int8send(received), '') as received,
        string_agg(int8send(saved), '') as saved,
        string_agg(int8send(size), '') as sizes,
        array_agg(uid) filter (where keywords <> '{}') as marked,
        array_agg(array_to_string(keywords, ',')) filter (where keywords <> '{}') as marks
      from (
        select p.uid, p.item_id, i.flags | case when p.is_deleted then ${DELETED}::int else 0 end as flags,
          greatest(p.change, i.change) as change, extract(epoch from i.received_at)::bigint as received,
          coalesce(extract(epoch from p.saved_at)::bigint, 0) as saved, i.size, i.keywords
        from placement p join item i on i.account_id = p.account_id and i.item_id = p.item_id
        where p.account_id = ${account.id} and p.folder_id = ${folderId}
        order by p.uid
      ) as row
    ) as packed on true
    where f.account_id = ${account.id} and f.folder_id = ${folderId}`
  const [packed] = answer
  if (packed === undefined) throw new Refusal('notFound')
  const count = packed.uids === null ? 0 : packed.uids.length / 4
  const rows = new Rows(count + 64 + (count >>> 3))
  for (let index = 0; index < count; index++) {
    rows.uids[index] = (packed.uids as Buffer).readInt32BE(index * 4) + 2147483648
    rows.items[index] = int8At(packed.items, index)
    rows.flags[index] = packed.flags.readInt32BE(index * 4)
    rows.changes[index] = int8At(packed.changes, index)
    rows.receivedAt[index] = int8At(packed.received, index)
    rows.savedAt[index] = int8At(packed.saved, index)
    rows.sizes[index] = int8At(packed.sizes, index)
  }
  rows.length = count
  packed.marked?.forEach((uid, at) => {
    rows.setKeywords(rows.indexOf(uid), ((packed.marks as string[])[at] as string).split(',').map(Number))
  })
  return { rows, uidValidity: packed.uid_validity, uidNext: packed.uid_next, change: packed.items_change }
}

const int8At = (bytes: Buffer, index: number): number =>
  bytes.readInt32BE(index * 8) * 4294967296 + bytes.readUInt32BE(index * 8 + 4)

/**
 * UIDs of what has left a folder since a number, ascending.
 * @returns undefined when that is no longer known
 */
export async function vanishedSince(
  account: OpenAccount,
  folderId: number,
  since: number,
): Promise<number[] | undefined> {
  const { rows } = await account.sql<{ floor: number; vanished: number[] }>`
    select vanished_floor as floor, array(select uid from vanished v
      where v.account_id = ${account.id} and v.change > ${since} and v.folder_id = ${folderId} and v.uid <> 0 order by uid) as vanished
    from account where account_id = ${account.id}`
  const [found] = rows
  return found === undefined || since < found.floor ? undefined : found.vanished
}

export interface Difference extends FolderState {
  /** New or changed, in the order of their UIDs. */
  rows: Row[]
  /** UIDs that have gone. */
  vanished: number[]
}

/**
 * What has become of a folder since a number.
 * @returns undefined when what vanished since is no longer known
 * @throws Refusal 'notFound' when the folder has gone
 */
export async function loadDifference(
  account: OpenAccount,
  kind: string,
  folderId: number,
  since: number,
): Promise<Difference | undefined> {
  const { rows: answer } = await account.sql<{
    uid_validity: number
    uid_next: number
    items_change: number
    floor: number
    vanished: number[]
    changed: string[][] | null
  }>`
    select f.uid_validity, f.uid_next, f.items_change, a.vanished_floor as floor,
      array(select uid from vanished v
        where v.account_id = ${account.id} and v.change > ${since} and v.folder_id = ${folderId} and v.uid <> 0 order by uid) as vanished,
      (select array_agg(array[p.uid::text, p.item_id::text, (i.flags | case when p.is_deleted then ${DELETED}::int else 0 end)::text,
          greatest(p.change, i.change)::text, extract(epoch from i.received_at)::bigint::text,
          coalesce(extract(epoch from p.saved_at)::bigint, 0)::text, i.size::text, array_to_string(i.keywords, ' ')] order by p.uid)
        from ${changedItems(account, kind, since)} as i
        cross join lateral (select * from placement where account_id = ${account.id} and item_id = i.item_id offset 0) as p
        where p.folder_id = ${folderId}) as changed
    from folder f join account a on a.account_id = f.account_id
    where f.account_id = ${account.id} and f.folder_id = ${folderId}`
  const [found] = answer
  if (found === undefined) throw new Refusal('notFound')
  if (since < found.floor) return undefined
  return {
    uidValidity: found.uid_validity,
    uidNext: found.uid_next,
    change: found.items_change,
    vanished: found.vanished,
    rows: (found.changed ?? []).map((texts) => {
      const [uid, item, flags, change, receivedAt, savedAt, size] = texts.map(Number) as [
        number,
        number,
        number,
        number,
        number,
        number,
        number,
      ]
      const keywords = texts[7] === '' ? [] : (texts[7] as string).split(' ').map(Number)
      return { uid, item, flags, change, receivedAt, savedAt, size, keywords }
    }),
  }
}
