import { now } from '#system'
import type { OpenAccount, Sql, Storage } from '#storage'

export interface StoredRecord<Value> {
  id: number
  value: Value
  itemId: number | undefined
  dueAt: Date | undefined
  createdAt: Date
  /** The change number that last touched it. */
  change: number
}

interface Row {
  record_id: number
  item_id: number | null
  due_at: Date | null
  sealed: Buffer
  created_at: Date
  change: number
}

/** Records of a kind that are there, the oldest first. @param ids  null for all */
export async function readRecords<Value>(
  account: OpenAccount,
  kind: string,
  ids: readonly number[] | null,
  sql: Sql = account.sql,
): Promise<StoredRecord<Value>[]> {
  const { rows } =
    ids === null
      ? await sql<Row>`
          select record_id, item_id, due_at, sealed, created_at, change from record
          where account_id = ${account.id} and kind = ${kind} and removed_at is null order by record_id`
      : await sql<Row>`
          select record_id, item_id, due_at, sealed, created_at, change from record
          where account_id = ${account.id} and kind = ${kind} and removed_at is null and record_id = any(${ids}::bigint[])
          order by record_id`
  return rows.map((row) => open<Value>(account, kind, row))
}

/** What was removed and is not erased yet, of every kind, as far as somebody takes it. */
export async function* removedRecords(
  account: OpenAccount,
): AsyncGenerator<StoredRecord<unknown> & { kind: string; removedAt: Date }> {
  let [kind, after] = ['', 0]
  for (;;) {
    const { rows } = await account.sql<Row & { kind: string; removed_at: Date }>`
      select kind, record_id, item_id, due_at, sealed, created_at, change, removed_at from record
      where account_id = ${account.id} and (kind, record_id) > (${kind}, ${after}) and removed_at is not null
      order by kind, record_id limit ${REMOVED_PAGE}`
    for (const row of rows) yield { ...open(account, row.kind, row), kind: row.kind, removedAt: row.removed_at }
    const last = rows.at(-1)
    if (last === undefined || rows.length < REMOVED_PAGE) return
    ;[kind, after] = [last.kind, last.record_id]
  }
}

const REMOVED_PAGE = 500

/** The record of a kind with this lookup. */
export async function findRecord<Value>(
  account: OpenAccount,
  kind: string,
  lookup: string,
  sql: Sql = account.sql,
): Promise<StoredRecord<Value> | undefined> {
  const { rows } = await sql<Row>`
    select record_id, item_id, due_at, sealed, created_at, change from record
    where account_id = ${account.id} and kind = ${kind} and removed_at is null
      and lookup_key = ${account.lookupKey(`record/${kind}`, lookup)}`
  return rows[0] === undefined ? undefined : open<Value>(account, kind, rows[0])
}

/** How many of these lookups have a record. */
export async function countKnownRecords(
  account: OpenAccount,
  kind: string,
  lookups: readonly string[],
  sql: Sql = account.sql,
): Promise<number> {
  const keys = lookups.map((lookup) => account.lookupKey(`record/${kind}`, lookup))
  const { rows } = await sql<{ count: number }>`
    select count(distinct lookup_key)::int as count from record
    where account_id = ${account.id} and kind = ${kind} and removed_at is null and lookup_key = any(${keys}::bytea[])`
  return rows[0]?.count ?? 0
}

/** Which kinds have a record with one of the lookups asked for. Needs no more than zegel_receiver may read. */
export async function knownKinds(
  account: OpenAccount,
  asked: readonly { kind: string; lookup: string }[],
  sql: Sql = account.sql,
): Promise<Set<string>> {
  const keys = asked.map(({ kind, lookup }) => account.lookupKey(`record/${kind}`, lookup))
  const { rows } = await sql<{ kind: string }>`
    select distinct r.kind from unnest(${asked.map(({ kind }) => kind)}::text[], ${keys}::bytea[]) as asked (kind, key)
    join record r on r.account_id = ${account.id} and r.kind = asked.kind and r.lookup_key = asked.key and r.removed_at is null`
  return new Set(rows.map(({ kind }) => kind))
}

/** Whether one of these lookups has a record. Needs no more than zegel_receiver may read. */
export async function isKnownRecord(
  account: OpenAccount,
  kind: string,
  lookups: readonly string[],
  sql: Sql = account.sql,
): Promise<boolean> {
  const keys = lookups.map((lookup) => account.lookupKey(`record/${kind}`, lookup))
  const { rowCount } = await sql`
    select from record where account_id = ${account.id} and kind = ${kind} and removed_at is null
      and lookup_key = any(${keys}::bytea[]) limit 1`
  return rowCount > 0
}

/** Whether something is noted, and not over (`noteUntil`). Needs no more than zegel_receiver may read. */
export async function isNoted(account: OpenAccount, kind: string, lookup: string): Promise<boolean> {
  const { rowCount } = await account.sql`
    select from record where account_id = ${account.id} and kind = ${kind} and removed_at is null
      and lookup_key = ${account.lookupKey(`record/${kind}`, lookup)} and due_at > ${now()}`
  return rowCount > 0
}

/** Records of a kind that belong to these items. */
export async function recordsOfItems<Value>(
  account: OpenAccount,
  kind: string,
  itemIds: readonly number[],
  sql: Sql = account.sql,
): Promise<StoredRecord<Value>[]> {
  const { rows } = await sql<Row>`
    select record_id, item_id, due_at, sealed, created_at, change from record
    where account_id = ${account.id} and item_id = any(${itemIds}::bigint[]) and kind = ${kind} and removed_at is null
    order by record_id`
  return rows.map((row) => open<Value>(account, kind, row))
}

/** Ids of the records of a kind beyond the `keep` that were touched last: 100 of them at most. */
export async function recordsBeyond(
  account: OpenAccount,
  kind: string,
  keep: number,
  sql: Sql = account.sql,
): Promise<number[]> {
  const { rows } = await sql<Pick<Row, 'record_id'>>`
    select record_id from record where account_id = ${account.id} and kind = ${kind} and removed_at is null
    order by change desc, record_id desc offset ${keep} limit 100`
  return rows.map((row) => row.record_id)
}

export interface DueRecord {
  accountId: number
  id: number
  dueAt: Date
}

/**
 * Records of a kind whose time has come, in all accounts but closed ones, which nobody may write to: they would stand
 * before all others. The longest due first.
 */
export async function dueRecords({ database }: Storage, kind: string, most: number): Promise<DueRecord[]> {
  const { rows } = await database.sql<{ account_id: number; record_id: number; due_at: Date }>`
    select account_id, record_id, due_at from record join account using (account_id)
    where record.kind = ${kind} and due_at <= ${now()} and removed_at is null and state in ('open', 'suspended')
    order by due_at limit ${most}`
  return rows.map((row) => ({ accountId: row.account_id, id: row.record_id, dueAt: row.due_at }))
}

/** Accounts in which records of a kind are due or will be, less closed ones. */
export async function accountsWithDue({ database }: Storage, kind: string, most: number): Promise<number[]> {
  const { rows } = await database.sql<{ account_id: number }>`
    select account_id from (
      select distinct account_id from record where kind = ${kind} and due_at is not null and removed_at is null limit ${most}
    ) due join account using (account_id) where state in ('open', 'suspended')`
  return rows.map((row) => row.account_id)
}

function open<Value>(account: OpenAccount, kind: string, row: Row): StoredRecord<Value> {
  return {
    id: row.record_id,
    value: JSON.parse(account.open('record', `${kind}/${row.record_id}`, row.sealed).toString()) as Value,
    itemId: row.item_id ?? undefined,
    dueAt: row.due_at ?? undefined,
    createdAt: row.created_at,
    change: row.change,
  }
}
