import { now, Refusal } from '#system'
import { newId, type Transaction } from '#storage'

export interface NewRecord {
  /** What it is: `identity`, `template` … */
  kind: string
  /** Kept as sealed JSON. */
  value: unknown
  /** What it is found again by; no two of a kind share it. Kept as a keyed hash. */
  lookup?: string | undefined
  /** The item it belongs to, and with which it is erased. */
  itemId?: number | undefined
  /** When it is due: whoever works the kind asks for it then. Readable in the database. */
  dueAt?: Date | undefined
  /** Made by `newId` beforehand, where something else has to name the record first. */
  id?: number | undefined
}

/** What is named is replaced; null removes. */
export interface RecordUpdate {
  value?: unknown
  lookup?: string | null | undefined
  dueAt?: Date | null | undefined
}

/** Records of one kind in an account. */
export const MOST = 10_000

/** Longest sealed value, in bytes. */
const MOST_BYTES = 1_000_000

/** @returns its id. @throws Refusal 'exists' when the lookup is taken, 'tooManyItems', 'tooLarge' */
export async function addRecord(tx: Transaction, record: NewRecord): Promise<number> {
  const { account, sql, change } = tx
  const { kind, value, lookup, itemId, dueAt, id = newId() } = record
  const { rows } = await sql<{ count: number }>`
    select count(*) from record where account_id = ${account.id} and kind = ${kind} and removed_at is null`
  if ((rows[0]?.count ?? 0) >= MOST) throw new Refusal('tooManyItems')
  const { rowCount } = await sql`
    insert into record (account_id, kind, record_id, lookup_key, item_id, due_at, sealed, created_at, created_change, change)
    values (${account.id}, ${kind}, ${id}, ${lookupKey(tx, kind, lookup)}, ${itemId ?? null}, ${dueAt ?? null},
      ${sealed(tx, kind, id, value)}, ${now()}, ${change}, ${change})
    on conflict (account_id, kind, lookup_key) where removed_at is null and lookup_key is not null do nothing`
  if (rowCount === 0) throw new Refusal('exists')
  return id
}

/** @throws Refusal 'notFound', 'exists' when the new lookup is taken, 'tooLarge' */
export async function updateRecord(tx: Transaction, kind: string, id: number, update: RecordUpdate): Promise<void> {
  const { account, sql, change } = tx
  if (typeof update.lookup === 'string') {
    const { rowCount } = await sql`
      select from record where account_id = ${account.id} and kind = ${kind} and removed_at is null
        and lookup_key = ${lookupKey(tx, kind, update.lookup)} and record_id <> ${id}`
    if (rowCount > 0) throw new Refusal('exists')
  }
  const { rowCount } = await sql`
    update record set change = ${change},
      sealed = coalesce(${update.value === undefined ? null : sealed(tx, kind, id, update.value)}::bytea, sealed),
      lookup_key = case when ${update.lookup !== undefined} then ${lookupKey(tx, kind, update.lookup)}::bytea else lookup_key end,
      due_at = case when ${update.dueAt !== undefined} then ${update.dueAt ?? null}::timestamptz else due_at end
    where account_id = ${account.id} and kind = ${kind} and record_id = ${id} and removed_at is null`
  if (rowCount === 0) throw new Refusal('notFound')
}

/**
 * Notes that something was, until a time: nothing is in such a record but a keyed hash and that time. Needs no more than zegel_receiver may.
 * @param isExtended  whether what is known already is known longer
 * @returns false when it is known already, and not over
 * @throws Refusal 'tooManyItems'
 */
export async function noteUntil(
  tx: Transaction,
  { kind, lookup, dueAt }: { kind: string; lookup: string; dueAt: Date },
  isExtended = false,
): Promise<boolean> {
  const { account, sql, change } = tx
  const key = lookupKey(tx, kind, lookup)
  const { rows } = await sql<{ count: number; until: Date | null }>`
    select count(*) as count, max(due_at) filter (where lookup_key = ${key}) as until from record
    where account_id = ${account.id} and kind = ${kind} and removed_at is null`
  const until = rows[0]?.until ?? null
  const isKnown = until !== null && until > now()
  if (isKnown && !isExtended) return false
  if (until !== null)
    await sql`
      update record set due_at = ${dueAt}, change = ${change}
      where account_id = ${account.id} and kind = ${kind} and lookup_key = ${key} and removed_at is null`
  else {
    if ((rows[0]?.count ?? 0) >= MOST) throw new Refusal('tooManyItems')
    const id = newId()
    await sql`
      insert into record (account_id, kind, record_id, lookup_key, due_at, sealed, created_at, created_change, change)
      values (${account.id}, ${kind}, ${id}, ${key}, ${dueAt}, ${sealed(tx, kind, id, null)}, ${now()}, ${change}, ${change})`
  }
  return !isKnown
}

/** Says that what is shown with a record has changed, though the record has not. Needs no more than zegel_receiver may. */
export async function touchRecord(tx: Transaction, kind: string, lookup: string): Promise<void> {
  await tx.sql`
    update record set change = ${tx.change}
    where account_id = ${tx.account.id} and kind = ${kind} and removed_at is null and lookup_key = ${lookupKey(tx, kind, lookup)}`
}

/** Removes a record that the service has done with. What somebody deletes is `deleteRecord`'s. @throws Refusal 'notFound' */
export async function removeRecord(tx: Transaction, kind: string, id: number): Promise<void> {
  const { rowCount } = await tx.sql`
    update record set removed_at = ${now()}, change = ${tx.change}
    where account_id = ${tx.account.id} and kind = ${kind} and record_id = ${id} and removed_at is null`
  if (rowCount === 0) throw new Refusal('notFound')
}

const lookupKey = ({ account }: Transaction, kind: string, lookup: string | null | undefined): Buffer | null =>
  lookup == null ? null : account.lookupKey(`record/${kind}`, lookup)

const sealed = (tx: Transaction, kind: string, id: number, value: unknown): Buffer =>
  sealRecord(tx, kind, id, JSON.stringify(value))

/** @param text  the value, as JSON. @throws Refusal 'tooLarge' */
export function sealRecord({ account }: Transaction, kind: string, id: number, text: string): Buffer {
  if (text.length > MOST_BYTES) throw new Refusal('tooLarge')
  return account.seal('record', `${kind}/${id}`, text)
}
