import { SvelteMap } from 'svelte/reactivity'
import { call, limit } from '../jmap/client.svelte.ts'
import type { Email, Id, ResultReference } from '../jmap/types.ts'
import { heardState, stateOf } from './states.ts'

/** What a list shows of a message. */
export const listProperties = [
  'id',
  'threadId',
  'mailboxIds',
  'keywords',
  'hasAttachment',
  'from',
  'to',
  'subject',
  'receivedAt',
  'preview',
]

/** What may change in a message after it has arrived (RFC 8621 §4.1.1). */
export const changingProperties = ['id', 'mailboxIds', 'keywords']

/** The copy of messages and conversations in memory; `sync` keeps it current, `sweep` bounds it. */
export const emails = new SvelteMap<Id, Email>()
export const threads = new SvelteMap<Id, readonly Id[]>()

const keptEmails = 4000
/** How many messages of a very long conversation its row in a list is made from. */
const newestOfLong = 100

/** The messages of a conversation that are here, oldest first (the order in which Thread/get gives them). */
export function messagesOf(threadId: Id): Email[] {
  const ids = threads.get(threadId) ?? []
  return ids.map((id) => emails.get(id)).filter((email) => email !== undefined)
}

export function keepEmails(list: readonly Email[]): void {
  for (const email of list) emails.set(email.id, email)
}

/**
 * Messages that came with an answer of another state than that of our copy. When the answer is the older one, what has
 * changed since is not among the changes that are still to come, so the next round asks for these again.
 */
export const doubtful = new Set<Id>()

function heardEmails({ list, state }: { list: readonly Email[]; state: string }): void {
  heardState('Email', state)
  if (state !== stateOf('Email')) for (const { id } of list) doubtful.add(id)
  keepEmails(list)
}

/**
 * Loads the messages and everything else in their conversations, in one request: the message names its conversation,
 * which names its messages (RFC 8621 §4.10).
 */
export async function loadWithThreads(ids: readonly Id[]): Promise<void> {
  for (const part of chunks(ids, limit('maxObjectsInGet'))) await conversations({ ids: part })
}

/** Loads the conversations of the messages that `which` names, by id or by pointing into another call. */
export async function conversations(which: { ids: Id[] } | { '#ids': ResultReference }): Promise<void> {
  const own = call('Email/get', { ...which, properties: ['threadId'] })
  const thread = call('Thread/get', { '#ids': own.ref('/list/*/threadId') })
  const all = call('Email/get', { '#ids': thread.ref('/list/*/emailIds'), properties: listProperties })
  // More messages than one answer may hold are refused (requestTooLarge) and then loaded in parts.
  const [, found, rest] = await Promise.all([own, thread, all.catch(() => undefined)])
  heardState('Thread', found.state)
  if (rest) heardEmails(rest)
  for (const { id, emailIds } of found.list) threads.set(id, emailIds)
  if (!rest) await loadMissing(found.list.flatMap((one) => one.emailIds.slice(-newestOfLong)))
}

/** Whether a message is here with its conversation. */
export function isHere(id: Id): boolean {
  const email = emails.get(id)
  return email !== undefined && threads.has(email.threadId)
}

/** Loads those of the messages that are not here. */
export async function loadMissing(ids: readonly Id[]): Promise<void> {
  const missing = ids.filter((id) => !emails.has(id))
  for (const part of chunks(missing, limit('maxObjectsInGet'))) {
    heardEmails(await call('Email/get', { ids: part, properties: listProperties }))
  }
}

/** Forgets conversations nobody shows, once there are many. */
export function sweep(shown: ReadonlySet<Id>): void {
  if (emails.size <= keptEmails) return
  for (const [id, email] of emails) if (!shown.has(email.threadId)) emails.delete(id)
  for (const id of threads.keys()) if (!shown.has(id)) threads.delete(id)
}

/** `list` in parts of at most `size`. */
export function chunks<T>(list: readonly T[], size: number): T[][] {
  const result: T[][] = []
  for (let at = 0; at < list.length; at += size) result.push(list.slice(at, at + size))
  return result
}
