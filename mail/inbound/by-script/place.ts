import { createMailbox, findMailboxByPath, MAIL, mailboxPath, roleOfSpecialUse } from '#mail'
import { findFolderByPath, findFolderByRole } from '#items'
import type { FileInto } from '#mail/filing'
import type { OpenAccount, Transaction } from '#storage'

/** Where a copy lies: where it would without a script, in a mailbox that is there, or in one that is to be made. */
export type Place = { kind: 'usual' } | { kind: 'found'; id: number } | { kind: 'made'; path: string }

/** RFC 9042 §4, RFC 8579 §4: the id goes before the use, and the use before the name. What is nowhere is where it would be without a script. */
export async function placeOf(
  account: OpenAccount,
  { mailbox, mailboxId, specialUse, isCreated }: FileInto,
): Promise<Place> {
  const byId = mailboxId === undefined ? undefined : await findMailboxById(account, mailboxId)
  const role = specialUse === undefined ? undefined : roleOfSpecialUse(specialUse)
  const found =
    byId ??
    (role === undefined ? undefined : await findFolderByRole(account, MAIL, role)) ??
    (await findMailboxByPath(account, mailbox))
  if (found !== undefined) return { kind: 'found', id: found }
  return isCreated ? { kind: 'made', path: mailbox } : { kind: 'usual' }
}

/** Ids as JMAP (RFC 8621 §2) and IMAP (RFC 8474 §4) give them. */
const MAILBOX_ID = /^F([0-9a-z]{1,11})$/

export async function findMailboxById(account: OpenAccount, mailboxId: string): Promise<number | undefined> {
  const [, digits] = MAILBOX_ID.exec(mailboxId) ?? []
  if (digits === undefined) return undefined
  const { rows } = await account.sql<{ folder_id: number }>`
    select folder_id from folder where account_id = ${account.id} and kind = ${MAIL} and folder_id = ${Number.parseInt(digits, 36)}`
  return rows[0]?.folder_id
}

/** The folder of a copy, made where it is to be. */
export async function mailboxAt(tx: Transaction, place: Place, usual: number): Promise<number> {
  if (place.kind === 'usual') return usual
  if (place.kind === 'found') return place.id
  const { account, sql } = tx
  const { from, names } = await mailboxPath(account, place.path, sql)
  let at = from
  for (let depth = 1; depth <= names.length; depth++) {
    const path = names.slice(0, depth)
    at = (await findByNames(tx, path, from)) ?? (await createMailbox(tx, { name: path.at(-1) as string, parentId: at }))
  }
  return at
}

const findByNames = (
  { account, sql }: Transaction,
  names: readonly string[],
  from: number,
): Promise<number | undefined> => findFolderByPath(account, MAIL, names, sql, from)
