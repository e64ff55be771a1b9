import { call, session } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import { onSendingChange } from './sendings.svelte.ts'
import { onMailChange } from './sync.ts'

/** How many letters are held and wait for a decision. Read only outside this file. */
export const held = $state({ count: 0 })

/** More are not counted. */
const most = 200
/** Mail that comes in a burst makes one question of it. */
const pauseMs = 500

const listeners = new Set<() => void>()

/** Calls `listener` when stories may have changed. Gives a function that ends it. */
export function onStoryChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

/** Says that stories have changed, as after an act. */
export function storiesChanged(): void {
  void countHeld()
  for (const listener of listeners) listener()
}

async function countHeld(): Promise<void> {
  if (!('urn:zegel:mail' in session().capabilities)) return
  try {
    held.count = (await call('Story/query', { filter: { fates: ['held'] }, limit: most })).ids.length
  } catch (error) {
    // The next change or look counts anew.
    if (!(error instanceof Failure)) throw error
  }
}

let waiting: ReturnType<typeof setTimeout> | undefined
function soon(): void {
  waiting ??= setTimeout(() => {
    waiting = undefined
    storiesChanged()
  }, pauseMs)
}

/** Stories are not pushed: they are asked for again when mail or a sending has changed, and when the page is looked at. */
export function followStories(): void {
  void countHeld()
  onMailChange(soon)
  onSendingChange(soon)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') soon()
  })
}
