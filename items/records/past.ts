import { isDeepStrictEqual } from 'node:util'
import { now, nowMs, Refusal } from '#system'
import { newId, type Transaction } from '#storage'
import { deletionOf } from '../deleted/deletion.ts'
import { MOST, sealRecord, updateRecord, type RecordUpdate } from './write.ts'

/**
 * What somebody deletes or overwrites, as against what the service ends or writes by itself (`write.ts`): it is part of a
 * deletion, and comes back. An earlier state of a record is a row beside it, always removed.
 */

/** Of one record so many states are kept within an hour. What is written more often a program writes: its last state is kept. */
const MOST_STATES = 30
const HOUR_MS = 3_600_000

/** Deletes a record as somebody who may want it back. @throws Refusal 'notFound' */
export async function deleteRecord(tx: Transaction, kind: string, id: number): Promise<void> {
  const deletion = await deletionOf(tx)
  const { rowCount } = await tx.sql`
    update record set removed_at = ${deletion.at}, deletion_id = ${deletion.id}, change = ${tx.change}
    where account_id = ${tx.account.id} and kind = ${kind} and record_id = ${id} and removed_at is null`
  if (rowCount === 0) throw new Refusal('notFound')
  deletion.items += 1
}

interface State {
  record_id: number
  sealed: Buffer
  lookup_key: Buffer | null
  item_id: number | null
  created_at: Date
  saved_at: Date | null
  removed_at: Date | null
  deletion_id: number | null
}

/** Updates a record and keeps what it was before. @throws as updateRecord */
export async function overwriteRecord(
  tx: Transaction,
  kind: string,
  id: number,
  update: RecordUpdate & { value: unknown },
): Promise<void> {
  const { account, sql, change } = tx
  const before = await holdState(tx, kind, id)
  if (before === undefined || before.removed_at !== null) throw new Refusal('notFound')
  await updateRecord(tx, kind, id, update)
  const text = openState(tx, kind, before)
  // As it would be read again.
  if (isDeepStrictEqual(JSON.parse(text), JSON.parse(JSON.stringify(update.value)))) return
  await sql`
    update record set saved_at = ${now()} where account_id = ${account.id} and kind = ${kind} and record_id = ${id}`
  const deletion = await deletionOf(tx)
  const replaced = await findStateToReplace(tx, kind, id)
  const stateId = replaced ?? newId()
  await sql`
    insert into record (account_id, kind, record_id, earlier_of, lookup_key, item_id, sealed, created_at, saved_at,
      removed_at, deletion_id, created_change, change)
    values (${account.id}, ${kind}, ${stateId}, ${id}, ${before.lookup_key}, ${before.item_id}, ${sealRecord(tx, kind, stateId, text)},
      ${before.created_at}, ${before.saved_at}, ${deletion.at}, ${deletion.id}, ${change}, ${change})
    on conflict (account_id, kind, record_id) do update set lookup_key = excluded.lookup_key, sealed = excluded.sealed,
      saved_at = excluded.saved_at, removed_at = excluded.removed_at, deletion_id = excluded.deletion_id,
      created_change = excluded.created_change, change = excluded.change`
  if (replaced === undefined) deletion.items += 1
}

/** The last state of a record that is overwritten as only a program does. */
async function findStateToReplace(
  { account, sql }: Transaction,
  kind: string,
  id: number,
): Promise<number | undefined> {
  const { rows } = await sql<{ record_id: number }>`
    select record_id from record
    where account_id = ${account.id} and kind = ${kind} and earlier_of = ${id} and removed_at > ${new Date(nowMs() - HOUR_MS)}
    order by removed_at desc, record_id desc limit ${MOST_STATES}`
  return rows.length < MOST_STATES ? undefined : rows[0]?.record_id
}

/** What came back of records. */
export interface RestoredRecords {
  /** Of the ids asked for. */
  came: Set<number>
  /** Kinds of the records that are there again, by their ids. */
  records: Map<number, string>
  failed: Map<number, Refusal>
}

/**
 * Brings deleted records back; of an earlier state its text, and what stood there until now becomes an earlier state itself.
 * What is not restorable is left alone.
 * @param ids  of RESTORED_AT_ONCE at most; of several states of one record the last named is there in the end
 */
export async function restoreRecords(tx: Transaction, ids: readonly number[], since: Date): Promise<RestoredRecords> {
  const { account, sql } = tx
  const restored: RestoredRecords = { came: new Set(), records: new Map(), failed: new Map() }
  if (ids.length === 0) return restored
  // Held: retention passes them by.
  const { rows } = await sql<State & { kind: string; earlier_of: number | null }>`
    select kind, record_id, earlier_of, sealed, lookup_key, item_id, created_at, saved_at, removed_at, deletion_id from record
    where account_id = ${account.id} and record_id = any(${[...ids]}::bigint[]) and deletion_id is not null and removed_at >= ${since}
    order by record_id for update`
  const held = new Map(rows.map((row) => [row.record_id, row]))
  for (const id of ids) {
    const row = held.get(id)
    if (row === undefined) continue
    try {
      const record = row.earlier_of === null ? undefined : await holdState(tx, row.kind, row.earlier_of)
      await (record === undefined ? putBack(tx, row.kind, row) : exchange(tx, row.kind, row, record))
      restored.came.add(id)
      restored.records.set(record?.record_id ?? id, row.kind)
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      restored.failed.set(id, error)
    }
  }
  return restored
}

/** The record is there again. One whose record is gone for good is one of its own from now on. */
async function putBack(tx: Transaction, kind: string, row: State): Promise<void> {
  const { account, sql, change } = tx
  await checkPlace(tx, kind, row)
  // Created anew for whoever has heard that it is gone (changes.ts).
  await sql`
    update record set removed_at = null, deletion_id = null, earlier_of = null, created_change = ${change}, change = ${change}
    where account_id = ${account.id} and kind = ${kind} and record_id = ${row.record_id} and removed_at is not null`
}

/** The record and its earlier state change places. What was deleted stays so, as its earlier state. */
async function exchange(tx: Transaction, kind: string, state: State, record: State): Promise<void> {
  const { account, sql, change } = tx
  const isDeleted = record.removed_at !== null
  await checkPlace(tx, kind, { ...state, record_id: record.record_id }, isDeleted)
  const deletion = isDeleted ? undefined : await deletionOf(tx, 'apart')
  const [earlier, later] = [openState(tx, kind, state), openState(tx, kind, record)]
  await sql`
    update record set sealed = ${sealRecord(tx, kind, state.record_id, later)}, lookup_key = ${record.lookup_key}, saved_at = ${record.saved_at},
      removed_at = ${deletion?.at ?? record.removed_at}, deletion_id = ${deletion?.id ?? record.deletion_id},
      created_change = ${change}, change = ${change}
    where account_id = ${account.id} and kind = ${kind} and record_id = ${state.record_id}`
  await sql`
    update record set sealed = ${sealRecord(tx, kind, record.record_id, earlier)}, lookup_key = ${state.lookup_key}, saved_at = ${now()},
      removed_at = null, deletion_id = null, created_change = case when ${isDeleted}::boolean then ${change}::bigint else created_change end, change = ${change}
    where account_id = ${account.id} and kind = ${kind} and record_id = ${record.record_id}`
  if (deletion !== undefined) deletion.items += 1
}

/** @throws Refusal 'exists' when another record is found by the same now, 'tooManyItems' */
async function checkPlace(tx: Transaction, kind: string, row: State, isNew = true): Promise<void> {
  const { account, sql } = tx
  const { rows } = await sql<{ count: number; is_taken: boolean }>`
    select count(*) as count, coalesce(bool_or(lookup_key = ${row.lookup_key}::bytea and record_id <> ${row.record_id}), false) as is_taken
    from record where account_id = ${account.id} and kind = ${kind} and removed_at is null`
  if (rows[0]?.is_taken) throw new Refusal('exists')
  if (isNew && (rows[0]?.count ?? 0) >= MOST) throw new Refusal('tooManyItems')
}

async function holdState({ account, sql }: Transaction, kind: string, id: number): Promise<State | undefined> {
  const { rows } = await sql<State>`
    select record_id, sealed, lookup_key, item_id, created_at, saved_at, removed_at, deletion_id from record
    where account_id = ${account.id} and kind = ${kind} and record_id = ${id} for update`
  return rows[0]
}

const openState = ({ account }: Transaction, kind: string, { record_id: id, sealed }: State): string =>
  account.open('record', `${kind}/${id}`, sealed).toString()
