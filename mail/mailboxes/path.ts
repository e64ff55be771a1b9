import { findFolderByPath, findFolderByRole } from '#items'
import type { OpenAccount, Sql } from '#storage'
import { MAIL } from '../kind.ts'

/** Between the names of a path, in IMAP and in scripts. */
export const SEPARATOR = '/'

/** What stands for a separator within a name, which may have one in other faces. */
export const SLASH_IN_NAME = '\u2215'

/** The inbox, whatever its name is, in whatever case (RFC 9051 §5.1). */
export const INBOX = 'INBOX'

/** Where a path begins, as the folder's number, and the names from there. */
export async function mailboxPath(
  account: OpenAccount,
  path: string,
  sql: Sql = account.sql,
): Promise<{ from: number; names: string[] }> {
  const [first = '', ...rest] = path.split(SEPARATOR).map((name) => name.replaceAll(SLASH_IN_NAME, SEPARATOR))
  const inbox = first.toUpperCase() === INBOX ? await findFolderByRole(account, MAIL, 'inbox', sql) : undefined
  return inbox === undefined ? { from: 0, names: [first, ...rest] } : { from: inbox, names: rest }
}

/** The mailbox at a path. The receiver may ask. */
export async function findMailboxByPath(
  account: OpenAccount,
  path: string,
  sql: Sql = account.sql,
): Promise<number | undefined> {
  const { from, names } = await mailboxPath(account, path, sql)
  return findFolderByPath(account, MAIL, names, sql, from)
}
