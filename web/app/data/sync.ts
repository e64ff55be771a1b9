import { call, limit } from '../jmap/client.svelte.ts'
import { Failure, failedWith } from '../jmap/failure.ts'
import type { Email, Id } from '../jmap/types.ts'
import {
  changingProperties,
  chunks,
  doubtful,
  emails,
  keepEmails,
  listProperties,
  loadMissing,
  threads,
} from './emails.ts'
import { loadMailboxes, mailboxes, syncMailboxes } from './mailboxes.ts'
import { forgetStates, heardState, onBehind, setState, stateOf } from './states.ts'
import type { Kind } from './states.ts'

/** A copy further behind than this many rounds of changes is loaded anew. */
const mostRounds = 10
const changesPerRound = 500

type Listener = (arrived: Email[]) => void
const listeners = new Set<Listener>()

/** Calls `listener` after messages have changed, with those that are new. Gives a function that ends it. */
export function onMailChange(listener: Listener): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

let running: Promise<void> | undefined
let next: Promise<void> | undefined

/** Brings the copies up to the server's state. Calls while one is under way share the next, and wait for it. */
export function sync(): Promise<void> {
  if (!running) return (running = round().finally(() => (running = undefined)))
  next ??= running
    .catch(() => {})
    .then(() => {
      next = undefined
      return sync()
    })
  return next
}

/** Messages that are new, and whether any has changed, since listeners were told. */
let arrived: Email[] = []
let changed = false

async function round(): Promise<void> {
  const ended = await Promise.allSettled([syncMailboxes(), syncThreads(), syncEmails()])
  const mustStartAnew = ended.some(
    (one) => one.status === 'rejected' && failedWith(one.reason, 'cannotCalculateChanges'),
  )
  if (mustStartAnew) return startAnew()
  // Anything else is an outage, which `connection` knows of; the next push or the reconnection syncs again. What has
  // been taken over by then is not among the next changes, so it is told now.
  if (changed) tell()
}

function tell(): void {
  const news = arrived
  arrived = []
  changed = false
  for (const listener of listeners) listener(news)
}

/**
 * Loads the mailboxes, and learns first where messages and conversations stand: what comes while a first list is on its
 * way is then among the changes to that, though the list knows nothing of it.
 */
export async function begin(): Promise<void> {
  const states = [call('Email/get', { ids: [], properties: ['id'] }), call('Thread/get', { ids: [] })] as const
  const [email, thread] = await Promise.all([...states, loadMailboxes()])
  heardState('Email', email.state)
  heardState('Thread', thread.state)
}

/** Forgets the copies and begins with what the server has now. */
export async function startAnew(): Promise<void> {
  forgetStates()
  emails.clear()
  threads.clear()
  mailboxes.clear()
  await begin()
  arrived = []
  tell()
}

async function syncThreads(): Promise<void> {
  for await (const { updated, destroyed } of changesOf('Thread')) {
    for (const id of destroyed) threads.delete(id)
    for (const part of chunks(
      updated.filter((id) => threads.has(id)),
      limit('maxObjectsInGet'),
    )) {
      const { list } = await call('Thread/get', { ids: part })
      for (const thread of list) threads.set(thread.id, thread.emailIds)
      await loadMissing(list.flatMap((thread) => thread.emailIds))
    }
  }
}

async function syncEmails(): Promise<void> {
  for await (const { created, updated, destroyed } of changesOf('Email')) {
    changed ||= created.length + updated.length + destroyed.length > 0
    for (const id of destroyed) emails.delete(id)
    await takeChanges(updated)
    for (const part of chunks(created, limit('maxObjectsInGet'))) {
      const { list } = await call('Email/get', { ids: part, properties: listProperties })
      keepEmails(list)
      arrived.push(...list)
    }
  }
  const again = [...doubtful]
  await takeChanges(again)
  for (const id of again) doubtful.delete(id)
}

/** Asks for what may have changed in those of the messages that are here. */
async function takeChanges(ids: readonly Id[]): Promise<void> {
  const known = ids.filter((id) => emails.has(id))
  for (const part of chunks(known, limit('maxObjectsInGet'))) {
    const { list } = await call('Email/get', { ids: part, properties: changingProperties })
    for (const { id, mailboxIds, keywords } of list) {
      const email = emails.get(id)
      if (email) emails.set(id, { ...email, mailboxIds, keywords })
    }
  }
}

/** The changes to a kind since our copy, round by round (RFC 8620 §5.2). */
async function* changesOf(kind: 'Thread' | 'Email'): AsyncGenerator<{ created: Id[]; updated: Id[]; destroyed: Id[] }> {
  for (let count = 0; count < mostRounds; count++) {
    const sinceState = stateOf(kind)
    if (sinceState === undefined) return
    const changes = await call(`${kind}/changes`, { sinceState, maxChanges: changesPerRound })
    yield changes
    setState(kind, changes.newState)
    if (!changes.hasMoreChanges) return
  }
  throw new Failure('declined', 'cannotCalculateChanges')
}

/** Syncs when the server shows to be ahead, a moment later so that several signs make one round. */
export function syncWhenBehind(): void {
  let waiting = false
  onBehind(() => {
    if (waiting) return
    waiting = true
    setTimeout(() => {
      waiting = false
      void sync()
    }, 50)
  })
}

/** Whether a pushed state is one we already have, as after our own write. */
export function isCurrent(change: Record<string, string>): boolean {
  const kinds: Kind[] = ['Mailbox', 'Thread', 'Email']
  return kinds.every((kind) => change[kind] === undefined || change[kind] === stateOf(kind))
}
