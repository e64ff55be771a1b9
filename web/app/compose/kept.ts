import { withRole } from '../data/mailboxes.ts'
import { sync } from '../data/sync.ts'
import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Id } from '../jmap/types.ts'
import { isKeeping } from '../offline/keep.svelte.ts'
import { openVault } from '../offline/vault.ts'
import type { Draft } from './draft.svelte.ts'
import { emailOf } from './letter.ts'
import type { Content } from './letter.ts'

/** A letter that the server could not be given yet, sealed on this device in case the page is closed before it can. */
interface Kept {
  content: Content
  /** The state of it that the server has. */
  emailId: Id | undefined
}

const name = 'drafts'
const most = 20

/** One change after another: each reads what the one before it has written. */
let last: Promise<void> = Promise.resolve()

function change(act: (kept: Kept[]) => Kept[]): Promise<void> {
  last = last.then(async () => {
    if (!isKeeping()) return
    try {
      const vault = await openVault()
      const before = (await vault.get('state', name)) as Kept[] | undefined
      await vault.put('state', name, act(before ?? []).slice(-most))
    } catch (error) {
      // A browser without storage keeps it in memory alone.
      if (!(error instanceof DOMException)) throw error
    }
  })
  return last
}

/** Keeps the state of a letter on this device. */
export function keepHere(draft: Draft): Promise<void> {
  const { emailId } = draft
  const content = draft.content()
  return change((kept) => [...without(kept, content.messageId), { content, emailId }])
}

/** The server has it. */
export function dropHere({ messageId }: Draft): Promise<void> {
  return change((kept) =>
    kept.some(({ content }) => content.messageId === messageId) ? without(kept, messageId) : kept,
  )
}

function without(kept: Kept[], messageId: string): Kept[] {
  return kept.filter(({ content }) => content.messageId !== messageId)
}

/** Saves what this device has kept among the drafts of the server. Called once the server answers. */
export async function saveKept(): Promise<void> {
  if (!isKeeping()) return
  try {
    const kept = ((await (await openVault()).get('state', name)) as Kept[] | undefined) ?? []
    const drafts = withRole('drafts')
    if (kept.length === 0 || !drafts) return
    for (const { content, emailId } of kept) {
      await call('Email/set', {
        create: { kept: emailOf({ ...content, sentAt: undefined }, drafts.id) },
        ...(emailId === undefined ? {} : { destroy: [emailId] }),
      })
      await change((now) => without(now, content.messageId))
    }
    void sync()
  } catch (error) {
    // The next start tries again.
    if (!(error instanceof Failure || error instanceof DOMException)) throw error
  }
}
