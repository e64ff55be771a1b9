import { accountLimit, call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { EmailSubmission, Id } from '../jmap/types.ts'
import { followType } from './collection.svelte.ts'

/** Letters that wait for their time. Read only outside this file. */
export const scheduled: { waiting: EmailSubmission[]; status: 'unknown' | 'ready' | 'failed' } = $state({
  waiting: [],
  status: 'unknown',
})

/** More are not shown; nobody has that many. */
const most = 200

/** Whether the server sends letters at all. */
function canSend(): boolean {
  return accountLimit('urn:ietf:params:jmap:submission', 'maxDelayedSend') !== undefined
}

/** Asks what waits (RFC 8621 §7.3). What is held only so that it can be undone is not among it. */
export async function loadScheduled(): Promise<void> {
  if (!canSend()) return
  try {
    const query = call('EmailSubmission/query', {
      filter: { undoStatus: 'pending' },
      sort: [{ property: 'sendAt', isAscending: true }],
      limit: most,
    })
    const [, { list }] = await Promise.all([query, call('EmailSubmission/get', { '#ids': query.ref('/ids') })])
    const soon = Date.now() + shortestMs
    scheduled.waiting = list
      .filter(({ sendAt }) => Date.parse(sendAt) > soon)
      .sort((a, b) => a.sendAt.localeCompare(b.sendAt))
    scheduled.status = 'ready'
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    scheduled.status = 'failed'
  }
}

const shortestMs = 60_000

/** The sendings of a letter, newest first: how they went. @throws Failure */
export async function sendingsOf(emailId: Id): Promise<EmailSubmission[]> {
  if (!canSend()) return []
  const query = call('EmailSubmission/query', { filter: { emailIds: [emailId] }, limit: 20 })
  const [, { list }] = await Promise.all([query, call('EmailSubmission/get', { '#ids': query.ref('/ids') })])
  return list.toSorted((a, b) => b.sendAt.localeCompare(a.sendAt))
}

const listeners = new Set<() => void>()

/** Calls `listener` when a sending has changed. Gives a function that ends it. */
export function onSendingChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

// Of sendings, what is shown is asked for anew.
followType('EmailSubmission', async () => {
  await loadScheduled()
  for (const listener of listeners) listener()
})
