import { specialUseOf } from '#mail'
import { string } from '../output/strings.ts'
import type { Session } from '../session.ts'
import { SEPARATOR, type Mailbox } from './paths.ts'

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
