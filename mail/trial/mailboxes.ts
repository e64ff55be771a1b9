import { listFolders } from '#items'
import { INBOX, MAIL, SEPARATOR } from '#mail'
import type { OpenAccount } from '#storage'

/** Says where a mailbox lies: its names from the top, as scripts write them; undefined for one that is not there. */
export async function mailboxPaths(account: OpenAccount): Promise<(id: number) => string | undefined> {
  const folders = new Map((await listFolders(account, MAIL)).map((folder) => [folder.id, folder]))
  const pathOf = (id: number): string | undefined => {
    const folder = folders.get(id)
    if (folder?.role === 'inbox') return INBOX
    const parent = folder === undefined ? undefined : pathOf(folder.parentId)
    return parent === undefined ? folder?.name : `${parent}${SEPARATOR}${folder?.name}`
  }
  return pathOf
}
