import { findFolderByRole } from '#items'
import { addMessage, adoptMessage, MAIL } from '#mail'
import type { Finding } from '#mail/findings'
import type { BlobRef, OpenAccount, Transaction } from '#storage'
import { now, Refusal } from '#system'
import { readStories } from './read.ts'
import { openStory, sealStory, type Fate, type Story } from './story.ts'
import { storyForUpdate } from './tell.ts'

/** A letter that waits for its owner's decision. */
export interface HeldLetter {
  id: number
  arrival: NonNullable<Story['arrival']>
  blob: BlobRef
  bytes: Buffer
}

/** @throws Refusal 'notFound' when it is not held, or no more */
export async function readHeld(account: OpenAccount, id: number): Promise<HeldLetter> {
  const [story] = await readStories(account, [id])
  const { blob, arrival } = story ?? {}
  if (!blob || arrival?.fate !== 'held') throw new Refusal('notFound')
  return { id, arrival, blob, bytes: await account.blobs.read(account.sql, account.id, blob) }
}

/** What became of a letter that was held. */
export interface Ending {
  fate: Fate
  findings: readonly Finding[]
  /** What is in a folder of it: the content that was held, or else another; null where nothing is. */
  blob: BlobRef | null
}

/**
 * Ends the holding of a letter, in the transaction that files it: once, whoever decides at the same time. Its content is a message's
 * from here on; where `blob` is another it is nobody's, and its row goes. @throws Refusal 'notFound' when it is held no more
 */
export async function endHolding(tx: Transaction, held: HeldLetter, { fate, findings, blob }: Ending): Promise<void> {
  const { account, sql, change } = tx
  const sealed = await storyForUpdate(sql, account.id, held.id)
  const current = sealed === undefined ? undefined : openStory(account, held.id, sealed)
  if (current?.arrival?.fate !== 'held') throw new Refusal('notFound')
  const { onward: _, ...arrival } = current.arrival
  const ended = { ...current, blob, arrival: { ...arrival, fate, findings } }
  await sql`
    update story set blob_id = null, change = ${change}, sealed = ${sealStory(account, held.id, ended)}
    where account_id = ${account.id} and story_id = ${held.id}`
  if (blob?.id !== held.blob.id)
    await sql`delete from blob where account_id = ${account.id} and blob_id = ${held.blob.id}`
}

/** Throws away a letter that is held: it can be brought back from Trash. @throws Refusal 'notFound' when it is not held, or no more */
export async function discardHeld(account: OpenAccount, id: number): Promise<void> {
  const held = await readHeld(account, id)
  const { arrival, blob, bytes } = held
  const { summary, ...message } = adoptMessage(account, blob, bytes)
  const verdict = { place: 'held', findings: arrival.findings } as const
  const deliveredTo = arrival.collectedFrom === undefined ? { deliveredTo: arrival.to } : {}

  await account.write(async (tx) => {
    await endHolding(tx, held, { fate: 'discarded', findings: arrival.findings, blob })
    const trash = await findFolderByRole(account, MAIL, 'trash', tx.sql)
    if (trash === undefined) throw new Refusal('unavailable')
    await addMessage(
      tx,
      { ...message, summary: { ...summary, ...deliveredTo, verdict } },
      { mailboxes: [trash], keywords: [], receivedAt: now() },
    )
  })
}
