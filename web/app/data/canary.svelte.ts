import { Failure } from '../jmap/failure.ts'
import { send } from '../jmap/http.ts'
import {
  isOtherPromise,
  readPublicCanary,
  standingAt,
  verifyCanary,
  type Promised,
  type PublicCanary,
  type Standing,
  type Verified,
} from '../privacy/canary.ts'
import { now } from '../shell/dates.svelte.ts'

/** What this browser saw last of a canary that was promised. Says nothing about anybody, so it may stay on a device that is somebody else's. */
const remembered = 'zegel.canary'
const everyMs = 3_600_000

interface Known {
  verified: Verified
  /** By how much the server's clock is ahead of the browser's; a clock that is behind makes nothing fresh. */
  aheadMs: number
  /** Who had to sign it when this browser last saw it, where that is another promise. */
  before: Promised | undefined
}

let known: Known | undefined = $state.raw()

/** The canary, its signatures checked; undefined before it is known. */
export const canary = (): Verified | undefined => known?.verified

/** How it is at this minute. */
export function standing(): Standing | undefined {
  return known && standingAt(known.verified, new Date(now().getTime() + known.aheadMs))
}

/** Whether other people may sign it than those this browser knew, and nobody has said here that they have seen it. */
export const isOther = (): boolean => known?.before !== undefined

/** What is to be told in the whole app; undefined when all is well. */
export function trouble(): 'stale' | 'missing' | 'changed' | undefined {
  const state = standing()?.state
  return state === 'stale' || state === 'missing' ? state : isOther() ? 'changed' : undefined
}

/** Somebody has seen who may sign it now. */
export function acknowledge(): void {
  if (known === undefined) return
  remember(known.verified.known)
  known = { ...known, before: undefined }
}

/** Fetches and checks it now and every hour. A server that gives nothing leaves it to grow stale. */
export function followCanary(): void {
  void loadCanary()
  setInterval(() => void loadCanary(), everyMs)
}

/** The app follows it, and its page asks for it: whoever comes while it is under way waits for the same. */
let loading: Promise<void> | undefined

export function loadCanary(): Promise<void> {
  loading ??= load().finally(() => (loading = undefined))
  return loading
}

async function load(): Promise<void> {
  const given = await ask()
  // Read now: somebody may have said meanwhile that they have seen it.
  const seen = recall()
  const newest = given ?? seen
  if (newest === undefined) return
  const aheadMs = given === undefined ? 0 : Math.max(0, Date.parse(given.at) - Date.now())
  const before = seen && isOtherPromise(seen.promised, newest.promised) ? seen.promised : undefined
  if (before === undefined && newest.promised.keyholders.length > 0) remember(newest)
  const verified = await verifyCanary(newest)
  known = { verified, aheadMs, before }
}

async function ask(): Promise<PublicCanary | undefined> {
  try {
    return readPublicCanary(await (await send('/.well-known/canary.json', { cache: 'no-store' })).text())
  } catch (error) {
    if (!(error instanceof Failure)) throw error
    return undefined
  }
}

function recall(): PublicCanary | undefined {
  try {
    return readPublicCanary(localStorage.getItem(remembered) ?? '')
  } catch {
    return undefined
  }
}

function remember(one: PublicCanary): void {
  try {
    localStorage.setItem(remembered, JSON.stringify(one))
  } catch {
    // Without storage only what the server gives counts.
  }
}
