import { deletedInFolders, sizesOfFolders, type Measure } from '#items'
import { MAIL } from '#mail'
import type { OpenAccount } from '#storage'
import { maxMessageBytes } from '../dialogue.ts'
import { mailboxIdOf } from '../ids.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import type { Session } from '../session.ts'
import type { Mailbox } from './paths.ts'

const idOf = ({ id }: Mailbox): number => id

/** What is not kept of a mailbox is asked of all at once. */
const MEASURES = {
  sizes: (account: OpenAccount, mailboxes: readonly Mailbox[]) => sizesOfFolders(account, MAIL, mailboxes),
  deleted: (account: OpenAccount, mailboxes: readonly Mailbox[]) => deletedInFolders(account, mailboxes.map(idOf)),
} as const

type MeasureName = keyof typeof MEASURES

/** Of one mailbox. */
type Measured = Record<MeasureName, Measure>

interface Item {
  needs?: MeasureName
  value(mailbox: Mailbox, measured: Measured, session: Session): number | string
}

/** status-att. RFC 9051 §6.3.11, RFC 3501 §6.3.10 and extensions. */
const ITEMS: Readonly<Record<string, Item>> = {
  MESSAGES: { value: ({ total }) => total },
  // Nothing is recent: the flag went with IMAP4rev1.
  RECENT: { value: () => 0 },
  UIDNEXT: { value: ({ uidNext }) => uidNext },
  UIDVALIDITY: { value: ({ uidValidity }) => uidValidity },
  // Without \Seen, drafts too.
  UNSEEN: { value: ({ unread, unseenDrafts }) => unread + unseenDrafts },
  DELETED: { needs: 'deleted', value: (_mailbox, { deleted }) => deleted.count },
  // In octets: it may be the sum of RFC822.SIZE (RFC 9208 §4.1.4), where STORAGE is in units of 1024 of them (§5.1).
  'DELETED-STORAGE': { needs: 'deleted', value: (_mailbox, { deleted }) => deleted.size },
  // RFC 8438.
  SIZE: { needs: 'sizes', value: (_mailbox, { sizes }) => sizes.size },
  // RFC 7162 §3.1.7.
  HIGHESTMODSEQ: { value: ({ itemsChange }) => itemsChange },
  // RFC 8474 §4.3.
  MAILBOXID: { value: ({ id }) => `(${mailboxIdOf(id)})` },
  // RFC 7889 §4: the same for every mailbox.
  APPENDLIMIT: { value: (_mailbox, _measured, session) => maxMessageBytes(session.context) },
}

/** `(` status-att *(SP status-att) `)`, each once. @throws BadCommand */
export function readStatusItems(input: Input): string[] {
  const names = input.list(() => {
    const name = input.word()
    if (!Object.hasOwn(ITEMS, name)) throw new BadCommand('There is no such status item')
    return name
  })
  if (names.length === 0) throw new BadCommand('A status item is wanted')
  return [...new Set(names)]
}

/** Who asks for the number of changes wants to be told of them. RFC 7162 §3.1. */
export function noteAsked(session: Session, names: readonly string[]): void {
  if (names.includes('HIGHESTMODSEQ')) session.enabled.add('CONDSTORE')
}

/** STATUS responses of mailboxes. RFC 9051 §7.3.4. @returns how to say one, by its id */
export async function statusOf(
  session: Session,
  mailboxes: readonly Mailbox[],
  names: readonly string[],
): Promise<(mailbox: Mailbox) => void> {
  const items = names.map((name) => [name, ITEMS[name] as Item] as const)
  const needed = new Set(items.flatMap(([, { needs }]) => needs ?? []))
  const measures = new Map(
    await Promise.all(
      [...needed].map(async (name) => [name, await MEASURES[name](session.account, mailboxes)] as const),
    ),
  )
  const measuredOf = (id: number): Measured =>
    Object.fromEntries([...measures].map(([name, measured]) => [name, measured.get(id)])) as Measured
  return (mailbox) => {
    const measured = measuredOf(mailbox.id)
    const said = items.map(([name, { value }]) => `${name} ${value(mailbox, measured, session)}`)
    session.untagged(`STATUS ${session.nameOf(mailbox.path)} (${said.join(' ')})`)
  }
}
