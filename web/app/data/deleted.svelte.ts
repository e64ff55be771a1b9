import { call, session } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Deletion, Id } from '../jmap/types.ts'
import { onMailChange } from './sync.ts'

/** Large deletions that their owner is asked about. Read only outside this file. */
export const asked: { list: readonly Deletion[] } = $state({ list: [] })

/** Deletions that are looked at: what is asked about is recent. */
const most = 50
/** The server looks for large ones once a minute. */
const everyMs = 5 * 60_000
/** Mail that changes in a burst makes one question of it. */
const pauseMs = 2000

export async function loadAsked(): Promise<void> {
  if (!('urn:zegel:deleted' in session().capabilities)) return
  try {
    const { ids } = await call('Deletion/query', { filter: { isAsked: true }, limit: most })
    asked.list = ids.length === 0 ? [] : (await call('Deletion/get', { ids })).list
  } catch (error) {
    // The next look asks anew.
    if (!(error instanceof Failure)) throw error
  }
}

/** They were meant: nobody asks about them again. @throws Failure */
export async function confirmAsked(): Promise<void> {
  const update = Object.fromEntries(asked.list.map(({ id }) => [id, { isAsked: false }]))
  asked.list = []
  await call('Deletion/set', { update })
}

/** Brings back something that is no letter and was just deleted, under the id that it had. @throws Failure */
export async function bringBackDeleted(id: Id): Promise<void> {
  const { restored } = await call('DeletedItem/restore', { ids: [`E${id.slice(1)}`] })
  if (restored === 0) throw new Failure('declined', 'notFound')
}

let waiting: ReturnType<typeof setTimeout> | undefined
function soon(): void {
  waiting ??= setTimeout(() => {
    waiting = undefined
    void loadAsked()
  }, pauseMs)
}

/** Deletions are not pushed: they are asked for again while something is asked about, now and then, and when the page is looked at. */
export function followDeletions(): void {
  void loadAsked()
  onMailChange(() => {
    if (asked.list.length > 0) soon()
  })
  setInterval(() => {
    if (document.visibilityState === 'visible') soon()
  }, everyMs)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') soon()
  })
}
