import { DELETED, expungeItems } from '#items'
import { MAIL } from '#mail'
import { command, nothing } from '../command.ts'
import { Declined, ok, type Completion } from '../reply.ts'
import { highestChange } from '../selected/report.ts'
import type { Selected } from '../selected/selected.ts'
import type { Session } from '../session.ts'

/**
 * Takes messages out that are marked `\Deleted`: those with these UIDs, or all. As everywhere they can be restored for 45
 * days, by those means that know of what is deleted.
 */
export async function expunge(session: Session, { view }: Selected, named?: readonly number[]): Promise<number[]> {
  await view.refresh()
  const uids = named ?? Array.from(view.rows.uids.subarray(0, view.rows.length))
  const marked = uids.filter((uid) => {
    const index = view.rows.indexOf(uid)
    return index !== -1 && ((view.rows.flags[index] as number) & DELETED) !== 0
  })
  if (marked.length === 0) return []
  const gone = await session.account.write((tx) => expungeItems(tx, MAIL, view.folderId, marked, { onlyMarked: true }))
  await view.refresh()
  return gone
}

async function run(session: Session, named?: readonly number[]): Promise<Completion> {
  const { mailbox } = session
  if (mailbox.isReadOnly) throw new Declined('The mailbox is open for reading only', 'READ-ONLY')
  const gone = await expunge(session, mailbox, named)
  // RFC 7162 §3.2.7.
  return ok('EXPUNGE completed', gone.length > 0 ? highestChange(mailbox) : undefined)
}

/** RFC 9051 §6.4.3. */
export const expungeAll = command({
  name: 'EXPUNGE',
  states: ['selected'],
  writes: true,
  parse: nothing,
  run: (session) => run(session),
})

/** RFC 9051 §6.4.9, RFC 4315 §2.1. */
export const expungeUids = command({
  name: 'UID EXPUNGE',
  states: ['selected'],
  writes: true,
  // "UID EXPUNGE" SP sequence-set
  parse(input) {
    input.space()
    const set = input.sequenceSet()
    input.end()
    return { set }
  },
  run: (session, { set }) => run(session, session.mailbox.uidsOf(set, true)),
})
