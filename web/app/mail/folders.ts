import { SvelteSet } from 'svelte/reactivity'
import { changeEmails } from '../data/change.ts'
import { pointer } from '../data/patch.ts'
import { syncMailboxes, withRole } from '../data/mailboxes.ts'
import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Id, Mailbox } from '../jmap/types.ts'
import { go, here } from '../shell/route.svelte.ts'
import { offerUndo } from '../shell/toast.svelte.ts'
import { t } from '../shell/texts.svelte.ts'
import { allIds, failed } from './perform.ts'
import { listOf } from './list.svelte.ts'
import { slugOf } from './names.ts'

/** Folders that are deleted once undoing is no longer offered. */
export const goingFolders = new SvelteSet<Id>()

/** Longest name of a folder in bytes of UTF-8, where the server says nothing else (RFC 8621 §1.3.1 asks for 100). */
export const longestName = 200

/** @returns its id @throws Failure 'declined' */
export async function createFolder(name: string, parentId: Id | null): Promise<Id> {
  const setting = call('Mailbox/set', { create: { made: { name, parentId } } })
  const counting = syncMailboxes()
  const { created, notCreated } = await setting
  await counting
  const id = created?.['made']?.id
  if (id === undefined) throw new Failure('declined', notCreated?.['made']?.type)
  return id
}

/** @throws Failure 'declined' */
export async function renameFolder(id: Id, name: string): Promise<void> {
  const setting = call('Mailbox/set', { update: { [id]: { name } } })
  const counting = syncMailboxes()
  const { notUpdated } = await setting
  await counting
  if (notUpdated?.[id]) throw new Failure('declined', notUpdated[id].type)
}

/** Deletes a folder when undoing is no longer offered. Its letters go to the trash, not with it. */
export function deleteFolder(mailbox: Mailbox): void {
  goingFolders.add(mailbox.id)
  leave(mailbox)
  offerUndo(
    t('done.folderDeleted', { name: mailbox.name }),
    () => goingFolders.delete(mailbox.id),
    () => {
      void destroyFolder(mailbox)
        .catch(failed)
        .finally(() => goingFolders.delete(mailbox.id))
    },
    mailbox.totalEmails > 0 ? t('done.folderLetters', { count: mailbox.totalEmails }) : undefined,
  )
}

/** Nobody stays in a folder that goes. */
function leave(mailbox: Mailbox): void {
  const place = here()
  if (place.page === 'mail' && place.where.kind === 'mailbox' && place.where.slug === slugOf(mailbox))
    go({ page: 'mail', where: { kind: 'mailbox', slug: 'inbox' }, only: undefined, thread: undefined }, true)
}

async function destroyFolder(mailbox: Mailbox): Promise<void> {
  const trash = withRole('trash')
  const ids = await allIds(listOf({ source: { kind: 'mailbox', id: mailbox.id }, only: undefined }))
  if (ids.length > 0) {
    if (!trash) throw new Failure('declined', 'notFound')
    const patch = { [pointer('mailboxIds', mailbox.id)]: null, [pointer('mailboxIds', trash.id)]: true }
    await changeEmails(new Map(ids.map((id) => [id, patch])))
  }
  const { notDestroyed } = await call('Mailbox/set', { destroy: [mailbox.id], onDestroyRemoveEmails: false })
  await syncMailboxes()
  const error = notDestroyed?.[mailbox.id]
  if (error && error.type !== 'notFound') throw new Failure('declined', error.type)
}
