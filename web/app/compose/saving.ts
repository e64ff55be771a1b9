import { outbox } from '../data/outbox.svelte.ts'
import { emails } from '../data/emails.ts'
import { withRole } from '../data/mailboxes.ts'
import { call, whenOnline } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Id } from '../jmap/types.ts'
import type { Draft } from './draft.svelte.ts'
import { dropHere, keepHere } from './kept.ts'
import { emailOf } from './letter.ts'

/** How long nothing has to change before a draft is saved. */
const restMs = 2000

const timers = new WeakMap<Draft, ReturnType<typeof setTimeout>>()
const running = new WeakMap<Draft, Promise<void>>()
/** What was saved last. */
const written = new WeakMap<Draft, string>()

/** Notes that a draft has changed: it is saved once it rests. Called with each key, so it does nothing more. */
export function changed(draft: Draft): void {
  if (draft.status !== 'ready') return
  if (draft.saved !== 'offline') draft.saved = 'changed'
  clearTimeout(timers.get(draft))
  timers.set(
    draft,
    setTimeout(() => void save(draft), restMs),
  )
}

/** Whether something of it is on this page alone. */
export function isUnsaved(draft: Draft): boolean {
  return draft.saved === 'changed' || draft.saved === 'saving' || draft.saved === 'offline' || draft.saved === 'failed'
}

/** Saves a draft now, after the saving under way. What fails is in `draft.saved`. */
export async function save(draft: Draft): Promise<void> {
  clearTimeout(timers.get(draft))
  await running.get(draft)
  if (!isUnsaved(draft)) return
  const task = keep(draft).finally(() => running.delete(draft))
  running.set(draft, task)
  await task
}

/** Waits until no saving is under way, and lets none begin by itself. */
export async function rest(draft: Draft): Promise<void> {
  clearTimeout(timers.get(draft))
  await running.get(draft)
}

const letGo = new Set<(draft: Draft, before: Id | undefined) => void>()

/** Calls `listener` each time a draft has another id. */
export function onSaved(listener: (draft: Draft, before: Id | undefined) => void): () => void {
  letGo.add(listener)
  return () => letGo.delete(listener)
}

async function keep(draft: Draft): Promise<void> {
  draft.saved = 'saving'
  try {
    await write(draft)
    // Typed on meanwhile: the timer of that is set.
    if (draft.saved === 'saving') draft.saved = 'saved'
    draft.savedAt = new Date()
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    if (error.kind === 'offline') void again(draft)
    else if (error.kind !== 'signedOut') draft.saved = 'failed'
  }
}

/** Puts the new state in place of the old one, in one call: only the last is kept. */
async function write(draft: Draft): Promise<void> {
  const drafts = withRole('drafts')
  if (!drafts) throw new Failure('declined', 'notFound')
  const before = draft.emailId
  const content = draft.content()
  // The editor also reports changes that nobody sees.
  const state = JSON.stringify(content)
  if (before !== undefined && written.get(draft) === state) return
  const { created, notCreated, notDestroyed } = await call('Email/set', {
    create: { draft: emailOf(content, drafts.id) },
    ...(before === undefined ? {} : { destroy: [before] }),
  })
  const id = created?.['draft']?.id
  if (id === undefined) throw new Failure('declined', notCreated?.['draft']?.type)
  draft.emailId = id
  written.set(draft, state)
  void dropHere(draft)
  if (before !== undefined) {
    if (notDestroyed?.[before]?.type === 'notFound') draft.conflict = true
    emails.delete(before)
  }
  for (const listener of letGo) listener(draft, before)
}

const waiting = new WeakSet<Draft>()

/** Tries again when the line is back; until then the foot line counts it, and the device keeps it. */
async function again(draft: Draft): Promise<void> {
  draft.saved = 'offline'
  void keepHere(draft)
  if (waiting.has(draft)) return
  waiting.add(draft)
  outbox.waiting++
  await whenOnline()
  outbox.waiting--
  waiting.delete(draft)
  // It may have been discarded or sent meanwhile.
  if (draft.saved !== 'offline') return
  draft.saved = 'changed'
  await save(draft)
}
