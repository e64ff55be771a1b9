import { mailboxes, roles } from '../data/mailboxes.ts'
import { settings } from '../data/settings.svelte.ts'
import type { Mailbox } from '../jmap/types.ts'
import type { Where } from '../shell/place.ts'
import { t } from '../shell/texts.svelte.ts'
import type { TextKey } from '../../ui/texts.ts'
import type { Source } from './view.ts'

/** A mailbox with a role is called by it in the person's language; any other by its own name. */
export function mailboxName(mailbox: Mailbox): string {
  return isSpecial(mailbox) ? t(`role.${mailbox.role}` as TextKey) : mailbox.name
}

export function isSpecial(mailbox: Mailbox): boolean {
  return roles.some((role) => role === mailbox.role)
}

const icons: Record<string, string> = {
  inbox: 'inbox',
  snoozed: 'clock',
  drafts: 'file-text',
  sent: 'send',
  archive: 'archive',
  junk: 'octagon-alert',
  trash: 'trash-2',
}

export function mailboxIcon(mailbox: Mailbox): string {
  return icons[mailbox.role ?? ''] ?? 'folder'
}

/** How the address line names a mailbox. */
export function slugOf(mailbox: Mailbox): string {
  return isSpecial(mailbox) ? (mailbox.role ?? mailbox.id) : mailbox.id
}

export function mailboxBySlug(slug: string): Mailbox | undefined {
  for (const mailbox of mailboxes.values()) if (slugOf(mailbox) === slug) return mailbox
  return undefined
}

/** What a place in the address line shows; undefined when there is no such mailbox. */
export function sourceOf(where: Where): Source | undefined {
  if (where.kind !== 'mailbox') return where
  const mailbox = mailboxBySlug(where.slug)
  return mailbox && { kind: 'mailbox', id: mailbox.id }
}

export function sourceName(source: Source): string {
  if (source.kind === 'mailbox') {
    const mailbox = mailboxes.get(source.id)
    return mailbox ? mailboxName(mailbox) : ''
  }
  if (source.kind === 'label') return settings.labels[source.keyword]?.name ?? source.keyword
  return t('find.title', { text: source.text })
}
