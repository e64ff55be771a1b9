import { readAnnotations, WHOLE_ACCOUNT, type Annotations } from '#mail'
import { astring, string } from '../output/strings.ts'
import { oldNameItem, tellMailbox } from '../mailboxes/attributes.ts'
import { mailboxesByPath, SEPARATOR, type Mailbox } from '../mailboxes/paths.ts'
import { statusOf } from '../mailboxes/status.ts'
import type { Session } from '../session.ts'
import type { Event, Wishes } from './wishes.ts'

/** Changes that follow one another closely are told together. */
const GATHER_MS = 50

/** How everything stood when the client was last told. */
interface Snapshot {
  mailboxes: ReadonlyMap<number, Mailbox>
  annotations: ReadonlyMap<number, Annotations>
}

/**
 * Tells a client what happens in the mailboxes that it has not selected, as it wished (RFC 5465), until it wishes
 * otherwise. What is told is the difference between two looks at the list of mailboxes, which is kept and not counted.
 * @returns how to stop
 */
export async function watchMailboxes(session: Session, wishes: Wishes): Promise<() => void> {
  const wanted = new Set(wishes.groups.flatMap(({ events }) => [...events]))
  if (wanted.size === 0) return () => undefined
  const look = async (): Promise<Snapshot> => {
    const wantsMetadata = wanted.has('MailboxMetadataChange') || wanted.has('ServerMetadataChange')
    const [byPath, annotations] = await Promise.all([
      mailboxesByPath(session.account),
      wantsMetadata ? readAnnotations(session.account) : new Map<number, Annotations>(),
    ])
    return { mailboxes: new Map([...byPath.values()].map((mailbox) => [mailbox.id, mailbox])), annotations }
  }
  let known = await look()
  if (wishes.status) await tellStates(session, wishes, known)

  let isStopped = false
  let isLooking = false
  let again = false
  const hear = async (): Promise<void> => {
    again = true
    if (isLooking) return
    isLooking = true
    while (again && !isStopped) {
      await new Promise((resolve) => setTimeout(resolve, GATHER_MS).unref())
      again = false
      const next = await look()
      if (isStopped) break
      await tellDifference(session, wishes, known, next)
      known = next
    }
    isLooking = false
  }
  const stop = session.account.listen(() => {
    hear().catch(() => {
      // What could not be told is in the next difference.
      isLooking = false
    })
  })
  return () => {
    isStopped = true
    stop()
  }
}

const wants = ({ groups }: Wishes, mailbox: Mailbox, event: Event): boolean =>
  groups.some(({ holds, events }) => events.has(event) && holds(mailbox))

/** RFC 5465 §6: of the selected mailbox other wishes decide about messages. */
const isOther = (session: Session, { id }: Mailbox): boolean => session.selected?.view.folderId !== id

/** RFC 5465 §3.1: what a client with STATUS hears before the tagged OK. */
async function tellStates(session: Session, wishes: Wishes, { mailboxes }: Snapshot): Promise<void> {
  const some = [...mailboxes.values()].filter(
    (mailbox) => wants(wishes, mailbox, 'MessageNew') && isOther(session, mailbox),
  )
  const tell = await statusOf(session, some, ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY'])
  const flagged = some.filter((mailbox) => wants(wishes, mailbox, 'FlagChange'))
  const tellFlagged = await statusOf(session, flagged, ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY', 'HIGHESTMODSEQ'])
  for (const mailbox of some) (flagged.includes(mailbox) ? tellFlagged : tell)(mailbox)
}

async function tellDifference(session: Session, wishes: Wishes, before: Snapshot, now: Snapshot): Promise<void> {
  const parents = new Set([...now.mailboxes.values()].map(({ parentId }) => parentId))
  const tellName = (mailbox: Mailbox, extended: string[] = []): void =>
    tellMailbox(session, mailbox, { hasChildren: parents.has(mailbox.id), showsSubscribed: true, extended })

  for (const old of before.mailboxes.values())
    if (!now.mailboxes.has(old.id) && wants(wishes, old, 'MailboxName'))
      session.untagged(`LIST (\\NonExistent) "${SEPARATOR}" ${session.nameOf(old.path)}`)
  for (const mailbox of now.mailboxes.values()) {
    const old = before.mailboxes.get(mailbox.id)
    // Of what lies in a mailbox that was renamed nothing is said (RFC 5465 §5.4).
    const isRenamed = old !== undefined && (old.name !== mailbox.name || old.parentId !== mailbox.parentId)
    if ((old === undefined || isRenamed) && wants(wishes, mailbox, 'MailboxName'))
      tellName(mailbox, isRenamed ? [oldNameItem(old.path)] : [])
    else if (old?.isSubscribed !== mailbox.isSubscribed && wants(wishes, mailbox, 'SubscriptionChange'))
      tellName(mailbox)
    tellMetadata(session, wishes, mailbox, before, now)
  }
  if (wishes.groups.some(({ events }) => events.has('ServerMetadataChange')))
    tellEntries(session, '', before.annotations.get(WHOLE_ACCOUNT), now.annotations.get(WHOLE_ACCOUNT))

  const moved: Mailbox[] = []
  const flagged: Mailbox[] = []
  for (const mailbox of now.mailboxes.values()) {
    const old = before.mailboxes.get(mailbox.id)
    if (!isOther(session, mailbox) || old?.itemsChange === mailbox.itemsChange) continue
    if ((old?.total !== mailbox.total || old.uidNext !== mailbox.uidNext) && wants(wishes, mailbox, 'MessageNew'))
      moved.push(mailbox)
    else if (wants(wishes, mailbox, 'FlagChange')) flagged.push(mailbox)
  }
  const change = session.has('CONDSTORE') ? ['HIGHESTMODSEQ'] : []
  const tellMoved = await statusOf(session, moved, ['MESSAGES', 'UIDNEXT', 'UIDVALIDITY', ...change])
  const tellFlagged = await statusOf(session, flagged, ['UNSEEN', 'UIDVALIDITY', ...change])
  for (const mailbox of moved) tellMoved(mailbox)
  for (const mailbox of flagged) tellFlagged(mailbox)
}

function tellMetadata(session: Session, wishes: Wishes, mailbox: Mailbox, before: Snapshot, now: Snapshot): void {
  if (wants(wishes, mailbox, 'MailboxMetadataChange'))
    tellEntries(session, mailbox.path, before.annotations.get(mailbox.id), now.annotations.get(mailbox.id))
}

/** METADATA response without values. RFC 5464 §4.4.2. */
function tellEntries(
  session: Session,
  path: string,
  before: Annotations = new Map(),
  now: Annotations = new Map(),
): void {
  const changed = [...new Set([...before.keys(), ...now.keys()])].filter((name) => {
    const [old, value] = [before.get(name), now.get(name)]
    return old === undefined || value === undefined || !old.equals(value)
  })
  if (changed.length === 0) return
  const name = path === '' ? string('') : session.nameOf(path)
  session.untagged(`METADATA ${name} ${changed.map((entry) => astring(entry)).join(' ')}`)
}
