import type { EmailCondition, EmailFilter, Id } from '../jmap/types.ts'

/** Where the words of a search may stand. */
export const fields = ['any', 'from', 'to', 'subject'] as const
export type Field = (typeof fields)[number]

/** Narrows a view to some of its letters. */
export const narrowings = ['unread', 'starred', 'attachment'] as const
export type Narrowing = (typeof narrowings)[number]

export type Source =
  | { kind: 'mailbox'; id: Id }
  | { kind: 'label'; keyword: string }
  | { kind: 'find'; field: Field; text: string }

/** What a list shows. */
export interface View {
  source: Source
  only: Narrowing | undefined
}

/** Two views with the same key show the same list. */
export function keyOf(view: View): string {
  return JSON.stringify([view.source, view.only])
}

const narrowed: Record<Narrowing, EmailCondition> = {
  unread: { notKeyword: '$seen' },
  starred: { hasKeyword: '$flagged' },
  attachment: { hasAttachment: true },
}

/**
 * The JMAP filter of a view (RFC 8621 §4.4.1).
 * @param aside  mailboxes that labels and searches leave out: trash and junk
 */
export function filterOf(view: View, aside: Id[]): EmailFilter {
  const { source } = view
  const only = view.only && narrowed[view.only]
  if (source.kind === 'mailbox') return { inMailbox: source.id, ...only }
  const elsewhere: EmailCondition = aside.length > 0 ? { inMailboxOtherThan: aside } : {}
  if (source.kind === 'label') return all({ hasKeyword: source.keyword, ...elsewhere }, only)
  const { field, text } = source
  if (field !== 'any') return all({ [field]: text, ...elsewhere }, only)
  return all(
    { operator: 'OR', conditions: [{ from: text }, { to: text }, { subject: text }] },
    { ...elsewhere, ...only },
  )
}

function all(...conditions: (EmailFilter | undefined)[]): EmailFilter {
  const given = conditions.filter((one) => one !== undefined && Object.keys(one).length > 0) as EmailFilter[]
  return given.length === 1 && given[0] ? given[0] : { operator: 'AND', conditions: given }
}
