import { addRecord, findRecord, kindState, updateRecord, type Point } from '#items'
import { MAIL } from '#mail'
import type { OpenAccount, Sql, Transaction } from '#storage'

export const VACATION = 'vacation'
const CURSOR = 'vacationCursor'

/** Of both kinds there is one record. */
const ONLY = 'only'

/** What is said while somebody is away. RFC 8621 §8. */
export interface Vacation extends Record<string, unknown> {
  isEnabled: boolean
  /** RFC 3339, UTC: from then on, and until then; null for now and for ever. */
  fromDate: string | null
  toDate: string | null
  subject: string | null
  textBody: string | null
  htmlBody: string | null
}

const NONE: Vacation = {
  isEnabled: false,
  fromDate: null,
  toDate: null,
  subject: null,
  textBody: null,
  htmlBody: null,
}

export const readVacation = async (account: OpenAccount, sql: Sql = account.sql): Promise<Vacation> =>
  (await findRecord<Vacation>(account, VACATION, ONLY, sql))?.value ?? NONE

/** Replaces what is said. Letters that came before it was enabled are not answered. */
export async function writeVacation(account: OpenAccount, value: Vacation): Promise<void> {
  await account.write(async (tx) => {
    const known = await findRecord<Vacation>(account, VACATION, ONLY, tx.sql)
    // Accounts that have a time in it are followed (`followAccounts`).
    const dueAt = value.isEnabled ? new Date(value.fromDate ?? 0) : null
    if (known === undefined) await addRecord(tx, { kind: VACATION, value, lookup: ONLY, dueAt: dueAt ?? undefined })
    else await updateRecord(tx, VACATION, known.id, { value, dueAt })
    if (value.isEnabled && known?.value.isEnabled !== true) await writeCursor(tx, await newestPoint(account, tx.sql))
  })
}

export const newestPoint = async (account: OpenAccount, sql: Sql): Promise<Point> => ({
  change: (await kindState(account, MAIL, sql)).items,
})

/** Up to which change arrivals have been looked at. */
export const readCursor = async (account: OpenAccount): Promise<Point | undefined> =>
  (await findRecord<Point>(account, CURSOR, ONLY))?.value

export async function writeCursor(tx: Transaction, value: Point): Promise<void> {
  const known = await findRecord<Point>(tx.account, CURSOR, ONLY, tx.sql)
  if (known === undefined) await addRecord(tx, { kind: CURSOR, value, lookup: ONLY })
  else await updateRecord(tx, CURSOR, known.id, { value })
}
