import { findFolderByRole } from '#items'
import { addMessage, adoptMessage, MAIL } from '#mail'
import type { OpenAccount } from '#storage'
import { now, Refusal } from '#system'
import { readStories } from './read.ts'
import { openStory, sealStory } from './story.ts'
import { storyForUpdate } from './tell.ts'

/** What may become of a letter that is held, and where it goes then. What is thrown away can be brought back from Trash. */
const FOLDERS = { released: 'inbox', discarded: 'trash' } as const

/** Ends the holding of a letter. @throws Refusal 'notFound' when it is not held, or no more */
export async function endHolding(account: OpenAccount, id: number, fate: keyof typeof FOLDERS): Promise<void> {
  const [story] = await readStories(account, [id])
  const { blob, arrival } = story ?? {}
  if (!blob || arrival?.fate !== 'held') throw new Refusal('notFound')
  const bytes = await account.blobs.read(account.sql, account.id, blob)
  const { summary, ...message } = adoptMessage(account, blob, bytes)
  const verdict = { place: 'held', findings: arrival.findings } as const
  const deliveredTo = arrival.collectedFrom === undefined ? { deliveredTo: arrival.to } : {}

  await account.write(async (tx) => {
    const sealed = await storyForUpdate(tx.sql, account.id, id)
    const current = sealed === undefined ? undefined : openStory(account, id, sealed)
    if (current?.arrival?.fate !== 'held') throw new Refusal('notFound')
    const folder = await findFolderByRole(account, MAIL, FOLDERS[fate], tx.sql)
    if (folder === undefined) throw new Refusal('unavailable')
    await addMessage(
      tx,
      { ...message, summary: { ...summary, ...deliveredTo, verdict } },
      { mailboxes: [folder], keywords: [], receivedAt: now() },
    )
    // The content is the message's now.
    await tx.sql`
      update story set blob_id = null, change = ${tx.change},
        sealed = ${sealStory(account, id, { ...current, arrival: { ...current.arrival, fate } })}
      where account_id = ${account.id} and story_id = ${id}`
  })
}
