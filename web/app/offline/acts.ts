import { applyPatch } from '../data/patch.ts'
import { emails } from '../data/emails.ts'
import { keepActs, persist } from '../data/outbox.svelte.ts'
import type { Act } from '../data/outbox.svelte.ts'
import { ownerOf, session } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import { keptLists } from '../mail/list.svelte.ts'
import { isKeeping, wantsKeeping } from './keep.svelte.ts'
import { openVault } from './vault.ts'

/** What was done without a line, sealed on this device until the server has it: also when the app is closed before. */
interface Kept extends Act {
  /** Whose it is: the next to sign in here may be somebody else. */
  owner?: string
  /** Of what was written down before owners were. */
  username?: string
}

const name = 'acts'
const most = 500
/** Those this tab knows of; another tab may have kept others. */
const known = new Set<string>()
/** One writing after another: each reads what the one before it has left. */
let last: Promise<unknown> = Promise.resolve()

const read = async (): Promise<Kept[]> => ((await (await openVault()).get('state', name)) as Kept[] | undefined) ?? []

/** Writes down the acts of this tab that wait when it comes to that. @returns whether all of them are kept */
async function write(acts: readonly Act[]): Promise<boolean> {
  // At a start, what was kept is sent before it is known whether this device goes on keeping.
  if (!isKeeping() && known.size === 0) return false
  try {
    const before = await read()
    // They are looked at now, all at once: of what an earlier session has left none may be missing when the page is closed after this.
    if (isKeeping()) for (const { id } of acts) known.add(id)
    const owner = ownerOf(session())
    const own = acts.filter(({ id }) => known.has(id)).map((act) => ({ ...act, owner }))
    const all = [...before.filter(({ id }) => !known.has(id)), ...own]
    const fits = all.length <= most && own.length === acts.length
    if (before.length === 0 && all.length === 0) return fits
    return (await (await openVault()).put('state', name, all.slice(-most))) && fits
  } catch (error) {
    // A browser without storage keeps them in memory alone.
    if (!(error instanceof Failure || error instanceof DOMException)) throw error
    return false
  }
}

keepActs((acts) => {
  const written = last.then(() => write(acts))
  last = written
  return written
})

/**
 * Sends what was done in an earlier session and is still here, in its order, before anything done now. Letters that are
 * here already show it at once.
 * @returns how many changes were to letters that are gone; once the server has answered
 */
export async function sendActs(): Promise<number> {
  if (!wantsKeeping() || !globalThis.crypto?.subtle) return 0
  const { username } = session()
  const owner = ownerOf(session())
  const acts = await read().catch(() => [])
  for (const { id } of acts) known.add(id)
  const sent = acts
    .filter((act) => (act.owner === undefined ? act.username === username : act.owner === owner))
    .map(({ id, change }) => resume({ id, change }))
  return (await Promise.all(sent)).reduce((sum, count) => sum + count, 0)
}

async function resume({ id, change }: Act): Promise<number> {
  for (const [emailId, patch] of Object.entries('update' in change ? change.update : {})) {
    const email = emails.get(emailId)
    if (!email) continue
    const now = applyPatch(email, patch)
    emails.set(emailId, now)
    for (const list of keptLists()) {
      const { source } = list.view
      if (source.kind === 'mailbox' && !(source.id in now.mailboxIds)) list.hidden.add(emailId)
    }
  }
  try {
    const { notUpdated } = await persist(change, id)
    return Object.values(notUpdated ?? {}).filter(({ type }) => type === 'notFound').length
  } catch (error) {
    // The server does not want it: it is not there to be done again.
    if (!(error instanceof Failure)) throw error
    return 0
  }
}
