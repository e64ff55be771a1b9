import { string } from '../output/strings.ts'
import type { Session } from '../session.ts'
import { SEPARATOR, type Mailbox } from './paths.ts'

/** Roles and the attributes that say them: RFC 6154 §2, RFC 8457 §3. The inbox says it by its name. */
const SPECIAL_USES: ReadonlyMap<string, string> = new Map([
  ['all', '\\All'],
  ['archive', '\\Archive'],
  ['drafts', '\\Drafts'],
  ['flagged', '\\Flagged'],
  ['important', '\\Important'],
  ['junk', '\\Junk'],
  ['sent', '\\Sent'],
  ['trash', '\\Trash'],
])

/** What such a mailbox would show is no mailbox of its own here, so none is made for it. */
const VIRTUAL = new Set(['all', 'flagged'])

const ROLES: ReadonlyMap<string, string> = new Map(
  [...SPECIAL_USES].filter(([role]) => !VIRTUAL.has(role)).map(([role, use]) => [use.toLowerCase(), role]),
)

export const specialUseOf = ({ role }: Mailbox): string | undefined => SPECIAL_USES.get(role ?? '')

/** The role that a special-use attribute asks for; undefined when no mailbox can be made for it. */
export const roleOf = (use: string): string | undefined => ROLES.get(use.toLowerCase())

export interface Shown {
  hasChildren?: boolean
  showsSubscribed?: boolean
  /** Extended data items, as they stand in the response. RFC 9051 §7.3.1. */
  extended?: readonly string[]
}

/**
 * LIST response. RFC 9051 §7.3.1. Children (RFC 3348 §3) and special uses (RFC 6154 §2) are said whether asked for or
 * not: programs that cannot ask need them most.
 */
export function tellMailbox(session: Session, mailbox: Mailbox, shown: Shown): void {
  const { hasChildren, showsSubscribed = false, extended = [] } = shown
  const attributes = [
    hasChildren === undefined ? undefined : hasChildren ? '\\HasChildren' : '\\HasNoChildren',
    showsSubscribed && mailbox.isSubscribed ? '\\Subscribed' : undefined,
    specialUseOf(mailbox),
  ].filter((attribute) => attribute !== undefined)
  const items = extended.length === 0 ? '' : ` (${extended.join(' ')})`
  session.untagged(`LIST (${attributes.join(' ')}) "${SEPARATOR}" ${session.nameOf(mailbox.path)}${items}`)
}

/** OLDNAME: RFC 9051 §6.3.9.7. */
export const oldNameItem = (oldName: string): string => `"OLDNAME" (${string(oldName, true)})`
