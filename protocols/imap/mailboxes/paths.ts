import { listFolders, type Folder } from '#items'
import { createMailbox, INBOX, MAIL, SEPARATOR, SLASH_IN_NAME } from '#mail'
import type { OpenAccount, Sql, Transaction } from '#storage'
import { BadCommand } from '../input/bad-command.ts'
import { decodeUtf7 } from '#formats/utf7'
import { Declined } from '../reply.ts'

export { SEPARATOR } from '#mail'

/** A mailbox with its path: the names from the top, as IMAP shows them. */
export interface Mailbox extends Folder {
  path: string
}

/**
 * All mailboxes by their paths, parents before what is in them. The inbox is INBOX whatever its name is (RFC 9051 §5.1), and
 * no two have one path, although names that differ elsewhere may look alike here: the younger one is given a "_".
 */
export async function mailboxesByPath(account: OpenAccount, sql: Sql = account.sql): Promise<Map<string, Mailbox>> {
  const folders = (await listFolders(account, MAIL, sql)).sort((a, b) => a.id - b.id)
  const children = Map.groupBy(folders, ({ parentId }) => parentId)
  const found = new Map<string, Mailbox>()
  const inbox = folders.find(({ role }) => role === 'inbox')
  if (inbox !== undefined) found.set(INBOX, { ...inbox, path: INBOX })
  const add = (parentId: number, prefix: string): void => {
    for (const folder of children.get(parentId) ?? []) {
      let path = INBOX
      if (folder !== inbox) {
        const name = folder.name.replaceAll(SEPARATOR, SLASH_IN_NAME)
        // Another at the top that is called so is not the one mail goes to.
        path = prefix === '' && name.toUpperCase() === INBOX ? `${name}_` : prefix + name
        while (found.has(path)) path += '_'
        found.set(path, { ...folder, path })
      }
      add(folder.id, path + SEPARATOR)
    }
  }
  add(0, '')
  return found
}

/** A mailbox as a client names it. */
export interface GivenPath {
  /** Its normal form: NFC, and "inbox" in whatever case is INBOX. */
  path: string
  /** As it was sent, where that is not the normal form (RFC 9051 §6.3.9.7). */
  oldName: string | undefined
}

/** @throws BadCommand */
export function givenPath(given: string, utf8: boolean): GivenPath {
  const decoded = utf8 ? given : decodeUtf7(given)
  if (decoded === undefined) throw new BadCommand('The name of the mailbox is not modified UTF-7')
  // Net-Unicode (RFC 5198) is what names are kept in.
  const normal = decoded.normalize('NFC')
  return { path: upperInbox(normal), oldName: normal === decoded ? undefined : decoded }
}

/** @throws BadCommand */
export const normalPath = (given: string, utf8: boolean): string => givenPath(given, utf8).path

export function upperInbox(path: string): string {
  const [first = '', ...rest] = path.split(SEPARATOR)
  return first.toUpperCase() === INBOX ? [INBOX, ...rest].join(SEPARATOR) : path
}

/** A name that ends with a separator announces children; the mailbox is named without it. RFC 9051 §6.3.4. */
export const withoutSeparator = (path: string): string =>
  path.endsWith(SEPARATOR) ? path.slice(0, -SEPARATOR.length) : path

/** @throws Declined NONEXISTENT, or with another code where the RFC has one */
export async function findMailbox(
  account: OpenAccount,
  path: string,
  code = 'NONEXISTENT',
  sql: Sql = account.sql,
): Promise<Mailbox> {
  const mailbox = (await mailboxesByPath(account, sql)).get(path)
  if (mailbox === undefined) throw new Declined('There is no such mailbox', code)
  return mailbox
}

/** Where a mailbox of that path stands: its parent and its name. The parents it lacks are made. RFC 9051 §6.3.4. */
export async function placeFor(
  tx: Transaction,
  known: ReadonlyMap<string, Mailbox>,
  path: string,
): Promise<{ parentId: number; name: string }> {
  const names = path.split(SEPARATOR)
  const name = names.pop() as string
  let parentId = 0
  for (let depth = 1; depth <= names.length; depth++) {
    const parent = known.get(names.slice(0, depth).join(SEPARATOR))
    parentId = parent?.id ?? (await createMailbox(tx, { name: names[depth - 1] as string, parentId }))
  }
  return { parentId, name }
}
