import { changeEmails, destroyEmails, inverse } from '../data/change.ts'
import type { Patches } from '../data/change.ts'
import { changingProperties, chunks, messagesOf } from '../data/emails.ts'
import { invertPatch } from '../data/patch.ts'
import { call, limit } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Email, EmailCondition, Id, Patch } from '../jmap/types.ts'
import { offerUndo, sayFailed, sayProgress } from '../shell/toast.svelte.ts'
import { t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'
import { currentList } from './current.svelte.ts'
import type { List } from './list.svelte.ts'

/** What is acted on: some conversations of a list, or every letter of it. */
export interface Target {
  list: List
  /** Conversations; ignored when `all`. */
  threads: Id[]
  all: boolean
}

/** Something that can be done to letters. */
export interface Act {
  /** What changes, the same for each letter. */
  patch: Patch
  /** Which letters of a conversation it is done to. */
  concerns(messages: Email[]): Email[]
  /** Which letters of a whole list it would change; the rest is left alone, so that undoing leaves it alone too. */
  changes?: EmailCondition
  /** Whether the conversations leave the list. */
  leaves: boolean
  /** What to say when it is done to so many conversations. */
  said: (count: number) => string
}

/** Most letters acted on at once; more than a folder holds in practice, but a bound. */
const mostAtOnce = 500_000
const idsPerQuery = 1000

/** Does it, says so, and offers to undo it. */
export async function perform(target: Target, act: Act): Promise<void> {
  const { list } = target
  try {
    const ids = target.all
      ? await allIds(list, act.changes)
      : target.threads.flatMap((id) => act.concerns(messagesOf(id)).map((email) => email.id))
    if (ids.length === 0) return
    const patches = new Map(ids.map((id) => [id, act.patch]))
    const back = target.all ? await backwards(list, ids, act) : inverse(patches)
    const number = target.all ? list.total : target.threads.length
    const restore = act.leaves ? hide(target) : () => {}
    const changing = changeEmails(patches)
    offerUndo(act.said(number), () => {
      restore()
      void list
        .hold(changeEmails(back))
        .then(() => refresh(list))
        .catch(failed)
    })
    await changing.catch((error: unknown) => {
      restore()
      throw error
    })
    await refresh(list)
    if (target.all) list.allHidden = false
  } catch (error) {
    failed(error)
  }
}

/** The list acted on, and the one looked at by now: it may have asked before the server knew. */
export async function refresh(list: List): Promise<void> {
  await Promise.all([...new Set([list, currentList() ?? list])].map((one) => one.refresh()))
}

/** Destroys letters when undoing is no longer offered. */
export async function destroy(target: Target): Promise<void> {
  const { list, all } = target
  const { source } = list.view
  const here = (email: Email) => source.kind !== 'mailbox' || source.id in email.mailboxIds
  try {
    const own = target.threads.flatMap((id) => messagesOf(id).filter(here))
    const ids = all ? await allIds(list) : own.map((email) => email.id)
    const number = all ? list.total : target.threads.length
    const restore = hide(target)
    const later = async () => {
      try {
        await destroyEmails(ids)
      } catch (error) {
        restore()
        failed(error)
      }
      await refresh(list)
      if (all) list.allHidden = false
    }
    offerUndo(t('done.destroyed', { count: number }), restore, () => void later(), t('done.destroyedMore'))
  } catch (error) {
    failed(error)
  }
}

/** What undoes an act on letters of which only the ids are known. */
async function backwards(list: List, ids: Id[], { patch, changes }: Act): Promise<Patches> {
  const moves =
    list.view.source.kind === 'mailbox' && Object.keys(patch).every((path) => path.startsWith('mailboxIds/'))
  if (moves || changes) {
    // All are in this mailbox, or none has the keyword: what was before is known without asking.
    const turned = Object.entries(patch).map(([path, value]) => [path, value === null ? true : null])
    return new Map(ids.map((id) => [id, Object.fromEntries(turned) as Patch]))
  }
  const back = new Map<Id, Patch>()
  for (const part of chunks(ids, limit('maxObjectsInGet'))) {
    const { list: found } = await call('Email/get', { ids: part, properties: changingProperties })
    for (const email of found) back.set(email.id, invertPatch(email, patch))
  }
  return back
}

/** Takes the target out of its list; gives the function that puts it back. */
export function hide({ list, threads, all }: Target): () => void {
  if (all) {
    list.allHidden = true
    return () => (list.allHidden = false)
  }
  const ids = [...list.rows.values()].filter((row) => threads.includes(row.threadId)).map((row) => row.emailId)
  for (const id of ids) list.hidden.add(id)
  return () => {
    for (const id of ids) list.hidden.delete(id)
  }
}

/** Every letter of a list, by id, or those of them that fit a condition. */
export async function allIds(list: List, also?: EmailCondition): Promise<Id[]> {
  const ids: Id[] = []
  while (ids.length < mostAtOnce) {
    const answer = await call('Email/query', {
      filter: also ? { operator: 'AND', conditions: [list.filter, also] } : list.filter,
      sort: [{ property: 'receivedAt', isAscending: false }],
      position: ids.length,
      limit: idsPerQuery,
      calculateTotal: true,
    })
    ids.push(...answer.ids)
    if (answer.ids.length === 0 || ids.length >= (answer.total ?? 0)) break
    sayProgress(t('done.gathering', { count: ids.length, total: answer.total ?? 0 }))
  }
  return ids
}

/** Tells the person that something was not done, and why. */
export function failed(error: unknown): void {
  if (!(error instanceof Failure)) throw error
  if (error.kind !== 'signedOut') sayFailed(t('failed.change', { reason: t(reasons[error.type] ?? 'reason.other') }))
}

/** What a refusal of the server means to the person. */
const reasons: Record<string, TextKey> = {
  offline: 'reason.offline',
  forbidden: 'reason.forbidden',
  accountReadOnly: 'reason.forbidden',
  overQuota: 'reason.overQuota',
  rateLimit: 'reason.rateLimit',
}
