import { changeEmails, destroyEmails, inverse } from '../data/change.svelte.ts'
import { emails, messagesOf } from '../data/emails.svelte.ts'
import { mailboxes, withRole } from '../data/mailboxes.svelte.ts'
import { pointer } from '../data/patch.ts'
import { settings } from '../data/settings.svelte.ts'
import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Email, Id, Mailbox, Patch, Role } from '../jmap/types.ts'
import { offerUndo, sayFailed, sayProgress } from '../shell/toast.svelte.ts'
import { t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'
import type { List } from './list.svelte.ts'
import { mailboxName } from './names.svelte.ts'

/** What is acted on: some conversations of a list, or every letter of it. */
export interface Target {
  list: List
  /** Conversations; ignored when `all`. */
  threads: Id[]
  all: boolean
}

/** Most letters acted on at once; more than any server holds in one folder in practice, but a bound. */
const mostAtOnce = 500_000
const idsPerQuery = 1000

/** Something that can be done to letters. */
interface Act {
  /** The patch of one letter; `email` is undefined when only its id is known (all of a folder). */
  patch(email: Email | undefined): Patch
  /** Which letters of a conversation it is done to. */
  concerns(messages: Email[]): Email[]
  /** Whether the conversations leave the list. */
  leaves: boolean
  /** What to say when it is done; gets `count`, conversations or letters. */
  said: (count: number) => string
}

export async function archive(target: Target): Promise<void> {
  await moveToRole(target, 'archive', 'done.archived')
}

/** To the trash; what is there already is destroyed, and can be brought back for 45 days. */
export async function remove(target: Target): Promise<void> {
  const trash = await ensureRole('trash')
  if (trash && isSource(target, trash.id)) await destroy(target)
  else await moveToRole(target, 'trash', 'done.trashed')
}

export async function markSpam(target: Target): Promise<void> {
  await moveToRole(target, 'junk', 'done.spam', { $junk: true, $notjunk: null })
}

export async function markNotSpam(target: Target): Promise<void> {
  await moveToRole(target, 'inbox', 'done.notSpam', { $junk: null, $notjunk: true })
}

export async function moveTo(target: Target, to: Mailbox): Promise<void> {
  await run(
    target,
    moving(target, to, {}, (number) => t('done.moved', { count: number, folder: mailboxName(to) })),
  )
}

export async function star(target: Target, on: boolean): Promise<void> {
  await run(target, {
    patch: () => ({ [pointer('keywords', '$flagged')]: on || null }),
    // A star stands on the newest letter; taking it away takes all of the conversation.
    concerns: (messages) => (on ? messages.slice(-1) : messages.filter((email) => email.keywords['$flagged'])),
    leaves: false,
    said: (number) => t(on ? 'done.starred' : 'done.unstarred', { count: number }),
  })
}

export async function markRead(target: Target, on: boolean): Promise<void> {
  await run(target, {
    patch: () => ({ [pointer('keywords', '$seen')]: on || null }),
    concerns: (messages) => (on ? messages.filter((email) => !email.keywords['$seen']) : messages.slice(-1)),
    leaves: false,
    said: (number) => t(on ? 'done.read' : 'done.unread', { count: number }),
  })
}

export async function label(target: Target, keyword: string, on: boolean): Promise<void> {
  const { source } = target.list.view
  const name = settings.labels[keyword]?.name ?? keyword
  await run(target, {
    patch: () => ({ [pointer('keywords', keyword)]: on || null }),
    concerns: (messages) => messages.filter((email) => Boolean(email.keywords[keyword]) !== on),
    leaves: !on && source.kind === 'label' && source.keyword === keyword,
    said: (number) => t(on ? 'done.labelled' : 'done.unlabelled', { count: number, label: name }),
  })
}

/** Marks as read without a word: it was read. */
export async function sawLetters(seen: readonly Email[]): Promise<void> {
  const unread = seen.filter((email) => emails.has(email.id) && !emails.get(email.id)?.keywords['$seen'])
  if (unread.length === 0) return
  await changeEmails(new Map(unread.map(({ id }) => [id, { [pointer('keywords', '$seen')]: true }]))).catch(failed)
}

/** The mailbox with a role, made if there is none. */
async function ensureRole(role: Role): Promise<Mailbox | undefined> {
  const found = withRole(role)
  if (found) return found
  const name = t(`role.${role}` as TextKey)
  const { created, notCreated } = await call('Mailbox/set', { create: { made: { name, role, parentId: null } } })
  const id = created?.['made']?.id
  if (id === undefined) throw new Failure('declined', notCreated?.['made']?.type)
  const { list } = await call('Mailbox/get', { ids: [id] })
  if (list[0]) mailboxes.set(id, list[0])
  return list[0]
}

async function moveToRole(target: Target, role: Role, said: TextKey, keywords: Record<string, true | null> = {}) {
  try {
    const to = await ensureRole(role)
    if (!to) throw new Failure('declined', 'notFound')
    if (!isSource(target, to.id))
      await run(
        target,
        moving(target, to, keywords, (number) => t(said, { count: number })),
      )
  } catch (error) {
    failed(error)
  }
}

/**
 * From a folder, its letters leave that one for the other. From a label or a search, those that are the person's to
 * sort move: not what lies in trash, spam, drafts or sent, unless there is nothing else.
 */
function moving(target: Target, to: Mailbox, keywords: Record<string, true | null>, said: Act['said']): Act {
  const { source } = target.list.view
  const from = source.kind === 'mailbox' ? source.id : undefined
  const marks = Object.fromEntries(Object.entries(keywords).map(([key, value]) => [pointer('keywords', key), value]))
  const aside = (['trash', 'junk', 'drafts', 'sent'] as const).map((role) => withRole(role)?.id)
  const strays = (['trash', 'junk'] as const).map((role) => withRole(role)?.id)
  return {
    patch: () =>
      from === undefined
        ? { ...marks, mailboxIds: { [to.id]: true } }
        : { ...marks, [pointer('mailboxIds', from)]: null, [pointer('mailboxIds', to.id)]: true },
    concerns: (messages) => {
      if (from !== undefined) return messages.filter((email) => email.mailboxIds[from])
      const sortable = messages.filter((email) => !Object.keys(email.mailboxIds).some((id) => aside.includes(id)))
      return sortable.length > 0 ? sortable : messages
    },
    leaves: from !== undefined ? from !== to.id : strays.includes(to.id),
    said,
  }
}

function isSource(target: Target, mailbox: Id): boolean {
  const { source } = target.list.view
  return source.kind === 'mailbox' && source.id === mailbox
}

async function run(target: Target, act: Act): Promise<void> {
  try {
    const patches = new Map<Id, Patch>()
    if (target.all) for (const id of await allIds(target.list)) patches.set(id, act.patch(undefined))
    else
      for (const email of target.threads.flatMap((id) => act.concerns(messagesOf(id))))
        patches.set(email.id, act.patch(email))
    if (patches.size === 0) return
    const back = target.all ? backwards(patches, act) : inverse(patches)
    const restore = act.leaves ? hide(target) : () => {}
    const changing = changeEmails(patches)
    offerUndo(act.said(target.all ? patches.size : target.threads.length), () => {
      restore()
      void changing
        .then(() => changeEmails(back))
        .then(() => target.list.refresh())
        .catch(failed)
    })
    await changing.catch((error: unknown) => {
      restore()
      throw error
    })
    if (target.all) target.list.allHidden = false
    await target.list.refresh()
  } catch (error) {
    failed(error)
  }
}

/** For letters of which only the ids are known: what the patch sets is removed, and the reverse. */
function backwards(patches: Map<Id, Patch>, act: Act): Map<Id, Patch> {
  const turned = Object.fromEntries(
    Object.entries(act.patch(undefined)).map(([path, value]) => [path, value === null ? true : null]),
  )
  return new Map([...patches.keys()].map((id) => [id, turned]))
}

/** Destroys when undoing is no longer offered. */
async function destroy(target: Target): Promise<void> {
  try {
    const ids = target.all
      ? await allIds(target.list)
      : target.threads.flatMap((id) =>
          messagesOf(id)
            .filter((email) => inSource(target, email))
            .map((email) => email.id),
        )
    const restore = hide(target)
    offerUndo(
      t('done.destroyed', { count: target.all ? ids.length : target.threads.length }),
      restore,
      () => {
        void destroyEmails(ids)
          .then(() => (target.all ? restore() : undefined))
          .catch((error: unknown) => {
            restore()
            failed(error)
          })
          .then(() => target.list.refresh())
      },
      t('done.destroyedMore'),
    )
  } catch (error) {
    failed(error)
  }
}

function inSource(target: Target, email: Email): boolean {
  const { source } = target.list.view
  return source.kind !== 'mailbox' || source.id in email.mailboxIds
}

/** Takes the target out of its list; gives the function that puts it back. */
function hide({ list, threads, all }: Target): () => void {
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

/** Every letter of a list, by id. */
export async function allIds(list: List): Promise<Id[]> {
  const ids: Id[] = []
  while (ids.length < mostAtOnce) {
    const answer = await call('Email/query', {
      filter: list.filter,
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

export function failed(error: unknown): void {
  if (!(error instanceof Failure)) throw error
  if (error.kind !== 'signedOut') sayFailed(t('failed.change', { reason: reason(error) }))
}

/** What a refusal of the server means to the person. */
function reason(error: Failure): string {
  const known: Record<string, TextKey> = {
    offline: 'reason.offline',
    forbidden: 'reason.forbidden',
    overQuota: 'reason.overQuota',
    rateLimit: 'reason.rateLimit',
    accountReadOnly: 'reason.forbidden',
  }
  return t(known[error.type] ?? 'reason.other')
}
