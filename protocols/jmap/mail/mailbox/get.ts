import { folderChanges, listFolders } from '#items'
import { MAIL } from '#mail'
import { changesMethod } from '../../families/changes.ts'
import { getMethod } from '../../families/get.ts'
import { mailboxIds } from '../ids.ts'
import { changesOf, pointOf } from '../../families/points.ts'
import { mailboxState } from '../states.ts'
import { COUNTS, PROPERTIES, showMailbox } from './show.ts'

/** Mailbox/get, RFC 8621 §2.1. */
export const get = getMethod({
  type: 'Mailbox',
  properties: PROPERTIES,
  state: mailboxState,
  async load(_session, account, { ids }) {
    const wanted = ids === null ? undefined : new Set(mailboxIds.numbersOf(ids))
    const folders = await listFolders(account, MAIL)
    return folders.filter(({ id }) => wanted?.has(id) ?? true).map(showMailbox)
  },
})

/** Mailbox/changes, RFC 8621 §2.2. */
export const changes = changesMethod({
  type: 'Mailbox',
  async changes(account, since, most) {
    const list = await folderChanges(account, MAIL, pointOf(since), most)
    return { ...changesOf(list, mailboxIds.of), updatedProperties: list.onlyCounts ? COUNTS : null }
  },
})
