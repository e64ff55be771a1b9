import { limit } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Email, Id, Patch, SetError } from '../jmap/types.ts'
import { chunks, emails, threads } from './emails.ts'
import { persist } from './outbox.svelte.ts'
import { applyPatch, invertPatch } from './patch.ts'

export type Patches = ReadonlyMap<Id, Patch>

/** The last changes made to letters, while they are on their way. */
const newest = new Map<Id, Patches>()

/**
 * Changes messages: here at once, on the server as soon as it answers. What the server declines is put back.
 * @throws Failure 'declined' when any change was declined
 */
export async function changeEmails(patches: Patches): Promise<void> {
  const before = new Map<Id, Email>()
  for (const [id, patch] of patches) {
    newest.set(id, patches)
    const email = emails.get(id)
    if (!email) continue
    before.set(id, email)
    emails.set(id, applyPatch(email, patch))
  }
  const declined: SetError[] = []
  for (const part of chunks([...patches], limit('maxObjectsInSet'))) {
    const errors = await persist({ update: Object.fromEntries(part) }).then(
      (result) => result.notUpdated ?? {},
      (error: unknown) => {
        if (!(error instanceof Failure)) throw error
        return Object.fromEntries(part.map(([id]) => [id, { type: error.type }]))
      },
    )
    for (const [id, patch] of part) {
      const error = errors[id]
      const email = emails.get(id)
      if (error?.type === 'notFound') emails.delete(id)
      else if (error) {
        declined.push(error)
        const old = before.get(id)
        if (email && old) emails.set(id, applyPatch(email, invertPatch(old, patch)))
      }
      // An answer to an earlier question may have overwritten what we put here; now it is true again, unless something
      // else has been done since.
      else if (email && newest.get(id) === patches) emails.set(id, applyPatch(email, patch))
      if (newest.get(id) === patches) newest.delete(id)
    }
  }
  if (declined[0]) throw new Failure('declined', declined[0].type)
}

/** What would undo `patches`, taken before they are applied; of messages not here, nothing is known. */
export function inverse(patches: Patches): Map<Id, Patch> {
  const result = new Map<Id, Patch>()
  for (const [id, patch] of patches) {
    const email = emails.get(id)
    if (email) result.set(id, invertPatch(email, patch))
  }
  return result
}

/** Destroys messages for good, as far as the person is concerned. @throws Failure 'declined' */
export async function destroyEmails(ids: readonly Id[]): Promise<void> {
  for (const part of chunks(ids, limit('maxObjectsInSet'))) {
    const { notDestroyed } = await persist({ destroy: part })
    for (const id of part) {
      const error = notDestroyed?.[id]
      if (error && error.type !== 'notFound') throw new Failure('declined', error.type)
      forget(id)
    }
  }
}

function forget(id: Id): void {
  const email = emails.get(id)
  emails.delete(id)
  const others = email && threads.get(email.threadId)?.filter((other) => other !== id)
  if (email && others) threads.set(email.threadId, others)
}
