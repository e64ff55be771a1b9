import type { OpenAccount } from '#storage'

/** A deleted record as a list shows it. */
export interface DeletedRecord {
  id: number
  kind: string
  value: unknown
  /** The record that this is an earlier state of; undefined for one that was deleted. */
  earlierOf: number | undefined
  size: number
  /** When what stands in it was written. */
  savedAt: Date
  deletedAt: Date
  deletionId: number
}

interface Row {
  kind: string
  record_id: number
  earlier_of: number | null
  sealed: Buffer
  saved_at: Date
  removed_at: Date
  deletion_id: number
}

/** Reads deleted records by id, in the order of the ids; those that are not deleted, or no longer restorable, are left out. */
export async function readDeletedRecords(
  account: OpenAccount,
  ids: readonly number[],
  since: Date,
): Promise<DeletedRecord[]> {
  if (ids.length === 0) return []
  const { rows } = await account.sql<Row>`
    select kind, record_id, earlier_of, sealed, coalesce(saved_at, created_at) as saved_at, removed_at, deletion_id from record
    where account_id = ${account.id} and record_id = any(${[...ids]}::bigint[]) and deletion_id is not null and removed_at >= ${since}
    order by array_position(${[...ids]}::bigint[], record_id)`
  return rows.map((row) => open(account, row))
}

function open(account: OpenAccount, row: Row): DeletedRecord {
  const text = account.open('record', `${row.kind}/${row.record_id}`, row.sealed)
  return {
    id: row.record_id,
    kind: row.kind,
    value: JSON.parse(text.toString()),
    earlierOf: row.earlier_of ?? undefined,
    size: text.length,
    savedAt: row.saved_at,
    deletedAt: row.removed_at,
    deletionId: row.deletion_id,
  }
}

/** Records that a search opens, the last deleted first, and the bytes of them all. */
const MOST_OPENED = 5000
const MOST_BYTES = 32 * 1024 * 1024
const PAGE = 250

/** Ids of the deleted records that say what is looked for. No index has their words, for there are few of them. */
export async function findRecordsSaying(
  account: OpenAccount,
  says: (record: DeletedRecord) => boolean,
  since: Date,
): Promise<number[]> {
  const found: number[] = []
  let bytes = 0
  let [at, id] = [new Date(8.64e15 / 2), Number.MAX_SAFE_INTEGER]
  for (let opened = 0; opened < MOST_OPENED && bytes < MOST_BYTES; opened += PAGE) {
    const { rows } = await account.sql<Row>`
      select kind, record_id, earlier_of, sealed, coalesce(saved_at, created_at) as saved_at, removed_at, deletion_id from record
      where account_id = ${account.id} and deletion_id is not null and removed_at >= ${since} and (removed_at, record_id) < (${at}, ${id})
      order by removed_at desc, record_id desc limit ${PAGE}`
    for (const row of rows) {
      const record = open(account, row)
      bytes += record.size
      if (says(record)) found.push(record.id)
    }
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE) break
    ;[at, id] = [last.removed_at, last.record_id]
  }
  return found
}
