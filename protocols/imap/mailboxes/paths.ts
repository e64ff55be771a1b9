import { listFolders, type Folder } from '#items'
import { MAIL } from '#mail'
import type { OpenAccount } from '#storage'
import { BadCommand } from '../input/bad-command.ts'
import { decodeUtf7 } from '../output/mailbox-name.ts'
import { Declined } from '../reply.ts'

/** Between the names of a path. */
export const SEPARATOR = '/'
/** What stands for a separator within a name, which may have one in other faces. */
const SLASH_IN_NAME = '\u2215'

/** A mailbox with its path: the names from the top, as IMAP shows them. */
export interface Mailbox extends Folder {
  path: string
}

/** All mailboxes by their paths, in no order. The inbox is INBOX whatever its name is. RFC 9051 §5.1. */
export async function mailboxesByPath(account: OpenAccount): Promise<Map<string, Mailbox>> {
  const folders = new Map((await listFolders(account, MAIL)).map((folder) => [folder.id, folder]))
  const pathOf = (folder: Folder): string => {
    if (folder.role === 'inbox') return 'INBOX'
    const name = folder.name.replaceAll(SEPARATOR, SLASH_IN_NAME)
    const parent = folders.get(folder.parentId)
    if (parent !== undefined) return `${pathOf(parent)}${SEPARATOR}${name}`
    // Another at the top that is called so is not the one mail goes to.
    return name.toUpperCase() === 'INBOX' ? `${name}_` : name
  }
  return new Map([...folders.values()].map((folder) => [pathOf(folder), { ...folder, path: pathOf(folder) }]))
}

/** Normal form of a path as a client names it: "inbox" in whatever case is INBOX. @throws BadCommand */
export function normalPath(given: string, utf8: boolean): string {
  const decoded = utf8 ? given : decodeUtf7(given)
  if (decoded === undefined) throw new BadCommand('The name of the mailbox is not modified UTF-7')
  const path = decoded.normalize('NFC')
  const [first = '', ...rest] = path.split(SEPARATOR)
  return first.toUpperCase() === 'INBOX' ? ['INBOX', ...rest].join(SEPARATOR) : path
}

/** @throws Declined NONEXISTENT, or with another code where the RFC has one */
export async function findMailbox(account: OpenAccount, path: string, code = 'NONEXISTENT'): Promise<Mailbox> {
  const mailbox = (await mailboxesByPath(account)).get(path)
  if (mailbox === undefined) throw new Declined('There is no such mailbox', code)
  return mailbox
}
