import { rightsOf, type MailboxRights } from '#mail'
import type { Session } from '../session.ts'
import type { Mailbox } from './paths.ts'

/** The letters of rights, in the order of RFC 4314 §2.1, and what they are here. */
const LETTERS: readonly [letters: string, right: keyof MailboxRights][] = [
  ['lr', 'mayReadItems'],
  ['s', 'maySetSeen'],
  ['w', 'maySetKeywords'],
  ['i', 'mayAddItems'],
  ['p', 'maySubmit'],
  ['k', 'mayCreateChild'],
  ['x', 'mayDelete'],
  ['te', 'mayRemoveItems'],
]

/** Rights that there are, the two of RFC 2086 among them. */
export const KNOWN_RIGHTS = 'lrswipkxteacd'

/** Rights of RFC 2086 that older programs look for, when one of these is there. RFC 4314 §2.1.1. */
const OBSOLETE = [
  ['c', /[kx]/],
  ['d', /[te]/],
] as const

/** The rights of whoever signed in. An owner also administers ("a"), although there is nobody yet to give anything to. */
export function rightsIn(mailbox: Mailbox): string {
  const rights = rightsOf(mailbox)
  const letters = LETTERS.filter(([, right]) => rights[right])
    .map(([some]) => some)
    .join('')
  return `${letters}a${OBSOLETE.filter(([, members]) => members.test(letters))
    .map(([letter]) => letter)
    .join('')}`
}

/** MYRIGHTS response. RFC 4314 §3.8. */
export const tellRights = (session: Session, mailbox: Mailbox): void =>
  session.untagged(`MYRIGHTS ${session.nameOf(mailbox.path)} ${rightsIn(mailbox)}`)
