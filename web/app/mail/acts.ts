import { changeEmails } from '../data/change.ts'
import { emails } from '../data/emails.ts'
import { mailboxes, withRole } from '../data/mailboxes.ts'
import { pointer } from '../data/patch.ts'
import { settings } from '../data/settings.svelte.ts'
import { call } from '../jmap/client.svelte.ts'
import { Failure } from '../jmap/failure.ts'
import type { Email, Id, Mailbox, Role } from '../jmap/types.ts'
import { t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'
import { mailboxName } from './names.ts'
import { destroy, failed, perform } from './perform.ts'
import type { Act, Target } from './perform.ts'

export async function archive(target: Target): Promise<void> {
  await moveToRole(target, 'archive', 'done.archived')
}

/** To the trash; what is there already is destroyed, and can be brought back for 45 days. */
export async function remove(target: Target): Promise<void> {
  const trash = withRole('trash')
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
  const folder = mailboxName(to)
  await perform(
    target,
    moving(target, to, {}, (count) => t('done.moved', { count, folder })),
  )
}

export async function star(target: Target, on: boolean): Promise<void> {
  await perform(target, {
    ...marking('$flagged', on),
    // A star stands on the newest letter; taking it away takes all of the conversation.
    concerns: (messages) => (on ? messages.slice(-1) : messages.filter((email) => email.keywords['$flagged'])),
    said: (count) => t(on ? 'done.starred' : 'done.unstarred', { count }),
  })
}

export async function markRead(target: Target, on: boolean): Promise<void> {
  await perform(target, {
    ...marking('$seen', on),
    concerns: (messages) => (on ? messages.filter((email) => !email.keywords['$seen']) : messages.slice(-1)),
    said: (count) => t(on ? 'done.read' : 'done.unread', { count }),
  })
}

export async function label(target: Target, keyword: string, on: boolean): Promise<void> {
  const { source } = target.list.view
  const name = settings.labels[keyword]?.name ?? keyword
  await perform(target, {
    ...marking(keyword, on),
    concerns: (messages) => messages.filter((email) => Boolean(email.keywords[keyword]) !== on),
    leaves: !on && source.kind === 'label' && source.keyword === keyword,
    said: (count) => t(on ? 'done.labelled' : 'done.unlabelled', { count, label: name }),
  })
}

/** Marks as read without a word: it was read. */
export async function sawLetters(seen: readonly Email[]): Promise<void> {
  const unread = seen.filter((email) => emails.has(email.id) && !emails.get(email.id)?.keywords['$seen'])
  if (unread.length === 0) return
  await changeEmails(new Map(unread.map(({ id }) => [id, { [pointer('keywords', '$seen')]: true }]))).catch(failed)
}

/** Setting or removing a keyword. */
function marking(keyword: string, on: boolean): Pick<Act, 'patch' | 'changes' | 'leaves'> {
  return {
    patch: { [pointer('keywords', keyword)]: on || null },
    changes: on ? { notKeyword: keyword } : { hasKeyword: keyword },
    leaves: false,
  }
}

/** The mailbox with a role, made if there is none. @throws Failure */
async function ensureRole(role: Role): Promise<Mailbox> {
  const known = withRole(role)
  if (known) return known
  const name = t(`role.${role}` as TextKey)
  const { created, notCreated } = await call('Mailbox/set', { create: { made: { name, role, parentId: null } } })
  const id = created?.['made']?.id
  const found = id === undefined ? undefined : (await call('Mailbox/get', { ids: [id] })).list[0]
  if (!found) throw new Failure('declined', notCreated?.['made']?.type)
  mailboxes.set(found.id, found)
  return found
}

type Keywords = Record<string, true | null>

async function moveToRole(target: Target, role: Role, said: TextKey, keywords: Keywords = {}): Promise<void> {
  try {
    const to = await ensureRole(role)
    if (isSource(target, to.id)) return
    await perform(
      target,
      moving(target, to, keywords, (count) => t(said, { count })),
    )
  } catch (error) {
    failed(error)
  }
}

/**
 * From a folder, its letters leave that one for the other. From a label or a search, those that are the person's to
 * sort move: not what lies in trash, spam, drafts or sent, unless there is nothing else.
 */
function moving(target: Target, to: Mailbox, keywords: Keywords, said: Act['said']): Act {
  const { source } = target.list.view
  const marks = Object.fromEntries(Object.entries(keywords).map(([key, value]) => [pointer('keywords', key), value]))
  if (source.kind === 'mailbox') {
    const { id } = source
    return {
      patch: { ...marks, [pointer('mailboxIds', id)]: null, [pointer('mailboxIds', to.id)]: true },
      concerns: (messages) => messages.filter((email) => email.mailboxIds[id]),
      leaves: id !== to.id,
      said,
    }
  }
  const aside = (['trash', 'junk', 'drafts', 'sent'] as const).map((role) => withRole(role)?.id)
  return {
    patch: { ...marks, mailboxIds: { [to.id]: true } },
    concerns: (messages) => {
      const sortable = messages.filter((email) => !Object.keys(email.mailboxIds).some((id) => aside.includes(id)))
      return sortable.length > 0 ? sortable : messages
    },
    // Labels and searches leave out the first two.
    leaves: aside.slice(0, 2).includes(to.id),
    said,
  }
}

function isSource(target: Target, mailbox: Id): boolean {
  const { source } = target.list.view
  return source.kind === 'mailbox' && source.id === mailbox
}
