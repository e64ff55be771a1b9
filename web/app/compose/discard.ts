import { emails } from '../data/emails.ts'
import { sync } from '../data/sync.ts'
import { call } from '../jmap/client.svelte.ts'
import { t } from '../shell/texts.svelte.ts'
import { go, here } from '../shell/route.svelte.ts'
import { offerUndo } from '../shell/toast.svelte.ts'
import type { Draft } from './draft.svelte.ts'
import { forget, keepOpen } from './open.ts'
import { changed, rest } from './saving.ts'

/** Throws a letter away once undoing is no longer offered. */
export function discard(draft: Draft, close: () => void): void {
  const empty = draft.isEmpty()
  draft.read()
  const before = draft.saved
  draft.saved = 'untouched'
  close()
  void rest(draft)
  forget(draft)
  if (empty) return
  const place = here()
  offerUndo(
    t('compose.discarded'),
    () => {
      draft.saved = before
      keepOpen(draft)
      changed(draft)
      const now = here()
      const back = now.page === 'mail' ? now : place
      if (back.page === 'mail') go({ ...back, write: draft.emailId ?? draft.token })
    },
    () => void destroy(draft),
  )
}

async function destroy(draft: Draft): Promise<void> {
  for (const upload of draft.uploads()) upload.cancel()
  const { emailId } = draft
  if (emailId === undefined) return
  emails.delete(emailId)
  await call('Email/set', { destroy: [emailId] }).catch(() => {})
  void sync()
}
