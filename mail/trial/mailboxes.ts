import { listFolders, type Folder } from '#items'
import { MAIL } from '#mail'
import type { FileInto } from '#mail/filing'
import type { OpenAccount } from '#storage'

/** The mailboxes of an account as scripts name them. */
export interface Mailboxes {
  /** By its names from the top with "/" between them; in whatever case "inbox" is the inbox. */
  named(path: string): Folder | undefined
  numbered(id: number | undefined): Folder | undefined
  /** Of a special use such as `\Junk`. RFC 8579 §3. */
  used(attribute: string): Folder | undefined
  pathOf(folder: Folder): string
}

export async function openMailboxes(account: OpenAccount): Promise<Mailboxes> {
  const folders = await listFolders(account, MAIL)
  const byId = new Map(folders.map((folder) => [folder.id, folder]))
  const pathOf = (folder: Folder): string => {
    if (folder.role === 'inbox') return 'INBOX'
    const parent = byId.get(folder.parentId)
    return parent === undefined ? folder.name : `${pathOf(parent)}/${folder.name}`
  }
  const byPath = new Map(folders.map((folder) => [pathOf(folder), folder]))
  return {
    named: (path) => byPath.get(path.normalize('NFC').replace(/^inbox(?=$|\/)/i, 'INBOX')),
    numbered: (id) => (id === undefined ? undefined : byId.get(id)),
    used: (attribute) => folders.find(({ role }) => role !== undefined && `\\${role}` === attribute.toLowerCase()),
    pathOf,
  }
}

/** Where a letter would be filed; undefined where there is no such mailbox. RFC 9042 §4, RFC 8579 §4. */
export const mailboxOf = (
  { named, numbered, used }: Mailboxes,
  { mailbox, mailboxId, specialUse }: FileInto,
  numberOf: (id: string) => number | undefined,
): Folder | undefined =>
  (mailboxId === undefined ? undefined : numbered(numberOf(mailboxId))) ??
  (specialUse === undefined ? undefined : used(specialUse)) ??
  named(mailbox)
