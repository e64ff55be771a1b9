import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Restored, Restoring } from '../jmap/types.ts'
import { sync } from '../data/sync.ts'
import { roles, syncMailboxes } from '../data/mailboxes.ts'
import { placeLink } from '../shell/place.ts'
import { t } from '../shell/texts.svelte.ts'
import { sayDone, sayFailed, sayProgress } from '../shell/toast.svelte.ts'
import { countWords } from './kinds.ts'
import { folderWords } from './words.ts'

/** Calls of one restoring at most; one brings back some thousand. */
const mostCalls = 500

/**
 * Brings back what is wanted, all of it, and says so with the way to where most of it is now.
 * @returns whether anything came back
 */
export async function bringBack(wanted: Restoring): Promise<boolean> {
  try {
    const done = await restoreAll(wanted)
    await Promise.all([syncMailboxes(), sync()])
    say(done)
    return done.restored > 0 || done.folders.length > 0
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    sayFailed(t(error.kind === 'offline' ? 'failed.offline' : 'deleted.failed'))
    return false
  }
}

async function restoreAll(wanted: Restoring): Promise<Restored> {
  const all: Restored = { restored: 0, kinds: {}, folders: [], notRestored: {}, hasMore: true }
  for (let calls = 0; all.hasMore && calls < mostCalls; calls++) {
    const { restored, kinds, folders, notRestored, hasMore } = await call('DeletedItem/restore', wanted)
    all.restored += restored
    all.hasMore = hasMore && restored > 0
    for (const [kind, count] of Object.entries(kinds)) all.kinds[kind] = (all.kinds[kind] ?? 0) + count
    Object.assign(all.notRestored, notRestored)
    for (const folder of folders) {
      const known = all.folders.find(({ id }) => id === folder.id)
      if (known) known.count += folder.count
      else all.folders.push({ ...folder })
    }
    if (all.hasMore) sayProgress(t('deleted.restoring', { what: countWords(all.kinds) }))
  }
  return all
}

function say({ restored, kinds, folders, notRestored }: Restored): void {
  const missing = Object.keys(notRestored).length
  if (restored === 0 && folders.length === 0) return sayFailed(t('deleted.nothingBack'))
  const [most] = [...folders].sort((a, b) => b.count - a.count)
  const where = most && roles.some((role) => role === most.role) ? String(most.role) : most?.id
  sayDone(
    restored === 0 ? t('deleted.folderBack') : t('deleted.back', { what: countWords(kinds), count: restored }),
    missing > 0 ? t('deleted.missing', { count: missing }) : most && t('deleted.backIn', { folder: folderWords(most) }),
    where === undefined
      ? undefined
      : {
          href: placeLink({
            page: 'mail',
            where: { kind: 'mailbox', slug: where },
            only: undefined,
            thread: undefined,
          }),
          text: t('deleted.toFolder'),
        },
  )
}
