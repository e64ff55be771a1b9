import type { EmailCondition, EmailFilter, Id } from '../jmap/types.ts'

/** Narrows a view to some of its letters. */
export const narrowings = ['unread', 'starred', 'attachment'] as const
export type Narrowing = (typeof narrowings)[number]

export type Source =
  | { kind: 'mailbox'; id: Id }
  | { kind: 'label'; keyword: string }
  /** What was typed into the search. */
  | { kind: 'search'; text: string }

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
 * @param aside   mailboxes that labels leave out: trash and junk
 * @param search  reads what was typed into the search
 */
export function filterOf(view: View, aside: Id[], search: (text: string) => EmailFilter): EmailFilter {
  const { source } = view
  const only = view.only && narrowed[view.only]
  if (source.kind === 'mailbox') return { inMailbox: source.id, ...only }
  if (source.kind === 'search') return all(search(source.text), only)
  const elsewhere: EmailCondition = aside.length > 0 ? { inMailboxOtherThan: aside } : {}
  return all({ hasKeyword: source.keyword, ...elsewhere }, only)
}

function all(...conditions: (EmailFilter | undefined)[]): EmailFilter {
  const given = conditions.filter((one) => one !== undefined && Object.keys(one).length > 0) as EmailFilter[]
  if (given.length === 0) return {}
  return given.length === 1 && given[0] ? given[0] : { operator: 'AND', conditions: given }
}
