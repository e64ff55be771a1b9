import { copyItems, moveItems, type Placed } from '#items'
import { MAIL } from '#mail'
import { Refusal } from '#system'
import { writeTo } from '../mailboxes/target.ts'
import { command } from '../command.ts'
import { readPath } from '../mailboxes/read-path.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { compactSet, type SequenceSet } from '../input/sequence-set.ts'
import { Declined, ok, type Completion } from '../reply.ts'
import { highestChange } from '../selected/report.ts'
import type { Session } from '../session.ts'

interface Args {
  set: SequenceSet
  path: string
}

/** copy = "COPY" SP sequence-set SP mailbox; move is alike. RFC 9051 §9. */
function parse(input: Input, session: Session): Args {
  input.space()
  const set = input.sequenceSet()
  const path = readPath(input, session)
  input.end()
  return { set, path }
}

/**
 * Copies or moves, all or none (RFC 9051 §6.4.7). What a UID names and is not there is passed over; a sequence number of
 * something that has gone meanwhile is told (RFC 2180 §4.4), for the client meant it.
 */
async function place(session: Session, { set, path }: Args, byUid: boolean, act: typeof copyItems): Promise<Placed> {
  const { account, mailbox } = session
  if (!byUid && mailbox.isBeyond(set)) throw new BadCommand('There is no message with that number')
  const uids = mailbox.uidsOf(set, byUid)
  const { result } = await writeTo(account, path, (tx, { id: toId }) =>
    act(tx, MAIL, { fromId: mailbox.view.folderId, toId, uids, mustAllBeThere: !byUid }),
  ).catch((error: unknown) => {
    if (error instanceof Refusal && error.reason === 'notFound' && error.fields.includes('items'))
      throw new Declined('Some of these messages have gone', 'EXPUNGEISSUED')
    throw error
  })
  await mailbox.view.refresh()
  return result
}

/** RFC 4315 §3. */
const copyUid = ({ uidValidity, from, to }: Placed): string =>
  `COPYUID ${uidValidity} ${compactSet(from)} ${compactSet(to)}`

async function copy(session: Session, args: Args, byUid: boolean): Promise<Completion> {
  const placed = await place(session, args, byUid, copyItems)
  return placed.from.length === 0 ? ok('There was nothing to copy') : ok('COPY completed', copyUid(placed))
}

/** RFC 6851 §3.3. */
async function move(session: Session, args: Args, byUid: boolean): Promise<Completion> {
  if (session.mailbox.isReadOnly) throw new Declined('The mailbox is open for reading only', 'READ-ONLY')
  const placed = await place(session, args, byUid, moveItems)
  if (placed.from.length === 0) return ok('There was nothing to move')
  // Before the messages are said to have gone. RFC 6851 §4.3.
  session.untagged(`OK [${copyUid(placed)}] Moved`)
  return ok('MOVE completed', highestChange(session.mailbox))
}

export const copyNumbers = command({
  name: 'COPY',
  states: ['selected'],
  writes: true,
  parse,
  run: (session, args) => copy(session, args, false),
})

export const copyUids = command({
  name: 'UID COPY',
  states: ['selected'],
  writes: true,
  parse,
  run: (session, args) => copy(session, args, true),
})

export const moveNumbers = command({
  name: 'MOVE',
  states: ['selected'],
  writes: true,
  parse,
  run: (session, args) => move(session, args, false),
})

export const moveUids = command({
  name: 'UID MOVE',
  states: ['selected'],
  writes: true,
  parse,
  run: (session, args) => move(session, args, true),
})
