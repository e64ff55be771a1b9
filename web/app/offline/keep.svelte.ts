import { emails, threads } from '../data/emails.ts'
import { mailboxes } from '../data/mailboxes.ts'
import { settings } from '../data/settings.svelte.ts'
import { call, connection, ownerOf, session } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Email, Id, Letter, Mailbox, Session } from '../jmap/types.ts'
import { keptLists, listOf } from '../mail/list.svelte.ts'
import type { KeptRows } from '../mail/list.svelte.ts'
import type { View } from '../mail/view.ts'
import { openVault, wipeVault } from './vault.ts'

/** How long after a change the copy on the device is written anew. */
const pauseMs = 3000
const dayMs = 24 * 3_600_000
const choice = 'zegel.offline'

/** What the device needs to show what was read last. */
interface State {
  session: Session
  settings: typeof settings
  mailboxes: Mailbox[]
  lists: { view: View; rows: KeptRows }[]
  emails: Email[]
  threads: [Id, readonly Id[]][]
}

let keeping = false

/** Whether the person wants this device to keep what was read. */
export function wantsKeeping(): boolean {
  return localStorage.getItem(choice) !== 'off'
}

/** Whether this device keeps anything now. */
export function isKeeping(): boolean {
  return keeping
}

export async function chooseKeeping(on: boolean): Promise<void> {
  if (on) localStorage.removeItem(choice)
  else localStorage.setItem(choice, 'off')
  await (on ? startKeeping() : stopKeeping())
}

/**
 * Begins to keep what is read, and the app itself, for when the server cannot be reached; unless the person does not
 * want that, or has signed in as on somebody else's computer: such a sign-in lasts for less than a day.
 */
export async function startKeeping(): Promise<void> {
  if (!wantsKeeping() || !('serviceWorker' in navigator) || !globalThis.crypto?.subtle) return stopKeeping()
  try {
    const { list } = await call('SignIn/get', { ids: null })
    const current = list.find((one) => one.isCurrent)
    const lastsMs = current ? Date.parse(current.expiresAt) - Date.parse(current.lastUsedAt) : 0
    if (lastsMs < dayMs) return await stopKeeping()
    const before = (await (await openVault()).get('state', 'state')) as State | undefined
    // Somebody else's, whose session has ended while the app was closed.
    if (before && ownerOf(before.session) !== ownerOf(session())) await wipeVault()
    await openVault()
    keeping = true
    await navigator.serviceWorker.register('/app/sw.js', { scope: '/app/' })
    keepSoon()
  } catch (error) {
    // A browser without storage reads online.
    if (!(error instanceof Failure || error instanceof DOMException || error instanceof TypeError)) throw error
  }
}

/** Takes away what was kept. */
export async function stopKeeping(): Promise<void> {
  keeping = false
  await wipeVault()
  if (!('serviceWorker' in navigator)) return
  for (const one of await navigator.serviceWorker.getRegistrations()) await one.unregister()
  for (const name of await caches.keys()) await caches.delete(name)
}

let waiting: ReturnType<typeof setTimeout> | undefined

/** Writes the copy anew, in a moment. */
export function keepSoon(): void {
  if (!keeping) return
  waiting ??= setTimeout(() => {
    waiting = undefined
    void keepState()
  }, pauseMs)
}

async function keepState(): Promise<void> {
  // What was done offline and not yet sent is not the server's state, but it is what the person has seen.
  if (!keeping || connection.signedOut) return
  const lists = keptLists().flatMap((list) => {
    const rows = list.keep()
    return rows ? [{ view: list.view, rows }] : []
  })
  const shown = new Set(lists.flatMap(({ rows }) => rows.rows.map((row) => row.threadId)))
  const state: State = {
    session: session(),
    settings: $state.snapshot(settings) as typeof settings,
    mailboxes: [...mailboxes.values()],
    lists,
    emails: [...emails.values()].filter((email) => shown.has(email.threadId)),
    threads: [...threads].filter(([id]) => shown.has(id)),
  }
  await (await openVault()).put('state', 'state', state)
}

/** Keeps letters that were opened. */
export function keepLetters(letters: readonly Letter[]): void {
  if (!keeping) return
  void openVault().then((vault) => Promise.all(letters.map((letter) => vault.put('letters', letter.id, letter))))
}

/** Letters that were kept. */
export async function findKept(ids: readonly Id[]): Promise<Letter[]> {
  try {
    const vault = await openVault()
    const found = await Promise.all(ids.map((id) => vault.get('letters', id)))
    return found.filter((letter) => letter !== undefined) as Letter[]
  } catch {
    return []
  }
}

/** Shows what was kept, while the server does not answer. @returns whose it is; undefined when there is nothing */
export async function restore(): Promise<string | undefined> {
  if (!wantsKeeping()) return undefined
  let state: State | undefined
  try {
    state = (await (await openVault()).get('state', 'state')) as State | undefined
  } catch {
    return undefined
  }
  if (!state) return undefined
  keeping = true
  connection.session = state.session
  Object.assign(settings, state.settings)
  for (const mailbox of state.mailboxes) mailboxes.set(mailbox.id, mailbox)
  for (const email of state.emails) emails.set(email.id, email)
  for (const [id, emailIds] of state.threads) threads.set(id, emailIds)
  for (const { view, rows } of state.lists.toReversed()) listOf(view).restore(rows)
  return ownerOf(state.session)
}
