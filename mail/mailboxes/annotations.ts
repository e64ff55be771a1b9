import { addRecord, findRecord, listFolders, updateRecord } from '#items'
import type { OpenAccount, Sql, Transaction } from '#storage'
import { Refusal } from '#system'
import { MAIL } from '../kind.ts'

/** What programs note about mailboxes, or about the account: short texts under names of their own. */
export type Annotations = ReadonlyMap<string, Buffer>

/** Of the account rather than of a mailbox. */
export const WHOLE_ACCOUNT = 0

/** Of one account, all mailboxes together. */
export const MOST_ANNOTATIONS = { count: 1000, valueBytes: 64 * 1024, bytes: 512 * 1024 }

/** All of them are one record: they are few, and asked for together. Mailboxes by id, names, values in base64. */
type Stored = Record<string, Record<string, string>>

const KIND = 'annotations'
const LOOKUP = 'all'

/** What is noted, by mailbox (WHOLE_ACCOUNT: of the account). Of mailboxes that have gone there may be some still. */
export async function readAnnotations(
  account: OpenAccount,
  sql: Sql = account.sql,
): Promise<ReadonlyMap<number, Annotations>> {
  const record = await findRecord<Stored>(account, KIND, LOOKUP, sql)
  return new Map(
    Object.entries(record?.value ?? {}).map(([id, entries]) => [
      Number(id),
      new Map(Object.entries(entries).map(([name, value]) => [name, Buffer.from(value, 'base64')])),
    ]),
  )
}

/**
 * Notes values of a mailbox, all or none; null takes one away. What was noted of mailboxes that have gone goes as well.
 * @throws Refusal 'tooLarge' for one value or all together, 'tooManyItems'
 */
export async function annotate(
  tx: Transaction,
  mailboxId: number,
  changes: ReadonlyMap<string, Buffer | null>,
): Promise<void> {
  const { account, sql } = tx
  const record = await findRecord<Stored>(account, KIND, LOOKUP, sql)
  const there = new Set([WHOLE_ACCOUNT, ...(await listFolders(account, MAIL, sql)).map(({ id }) => id)])
  const all = new Map(Object.entries(record?.value ?? {}).filter(([id]) => there.has(Number(id))))
  const own = new Map(Object.entries(all.get(String(mailboxId)) ?? {}))
  for (const [name, value] of changes) {
    if (value === null) own.delete(name)
    else if (value.length > MOST_ANNOTATIONS.valueBytes) throw new Refusal('tooLarge')
    else own.set(name, value.toString('base64'))
  }
  if (own.size > 0) all.set(String(mailboxId), Object.fromEntries(own))
  else all.delete(String(mailboxId))
  checkBounds([...all.values()])
  const value = Object.fromEntries(all)
  if (record === undefined) await addRecord(tx, { kind: KIND, value, lookup: LOOKUP })
  else await updateRecord(tx, KIND, record.id, { value })
}

function checkBounds(all: readonly Record<string, string>[]): void {
  const entries = all.flatMap((one) => Object.entries(one))
  if (entries.length > MOST_ANNOTATIONS.count) throw new Refusal('tooManyItems')
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + Buffer.byteLength(value, 'base64'), 0)
  if (bytes > MOST_ANNOTATIONS.bytes) throw new Refusal('tooManyItems')
}
