import { emails, loadWithThreads } from '../data/emails.ts'
import { withRole } from '../data/mailboxes.ts'
import { storiesChanged } from '../data/stories.svelte.ts'
import { sync } from '../data/sync.ts'
import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Fate, Id, Story } from '../jmap/types.ts'
import { markNotSpam } from '../mail/acts.ts'
import { listOf } from '../mail/list.svelte.ts'
import { failed } from '../mail/perform.ts'
import { sayDone } from '../shell/toast.svelte.ts'
import { t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'

const said = {
  released: ['done.released', 'done.releasedMore'],
  discarded: ['done.discarded', 'done.discardedMore'],
} as const

/** What the owner's script makes of a letter that is released, other than filing it. */
const byScript: Partial<Record<Fate, readonly [TextKey, TextKey]>> = {
  passedOn: ['fate.passedOn', 'story.passedOn'],
}

/** Ends the holding of a letter: it arrives as if it had come just now, or goes to the trash. */
export async function endHolding(id: Id, fate: keyof typeof said): Promise<void> {
  try {
    const { notUpdated, updated } = await call('Story/set', { update: { [id]: { fate } } })
    const error = notUpdated?.[id]
    // Somebody has decided it elsewhere: what is shown then says how.
    if (error && error.type !== 'notFound') throw new Failure('declined', error.type)
    if (!error) {
      const became = (updated?.[id] as Pick<Story, 'fate'> | null | undefined)?.fate ?? fate
      const [done, more] = byScript[became] ?? said[fate]
      sayDone(t(done), t(more))
    }
    void sync()
  } catch (error) {
    failed(error)
  }
  storiesChanged()
}

/** Takes a letter from the unwanted ones to the inbox, which teaches. */
export async function wantLetter(emailId: Id): Promise<void> {
  const junk = withRole('junk')
  if (!junk) return
  try {
    await loadWithThreads([emailId])
    const email = emails.get(emailId)
    if (!email) throw new Failure('declined', 'notFound')
    const list = listOf({ source: { kind: 'mailbox', id: junk.id }, only: undefined })
    await markNotSpam({ list, threads: [email.threadId], all: false })
  } catch (error) {
    failed(error)
  }
}
