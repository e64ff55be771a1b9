import { flagItems, FLAG } from '#items'
import { MAIL } from '#mail'
import { command } from '../command.ts'
import { readAttributes, type Attribute } from '../fetch/attributes.ts'
import { fetchEach } from '../fetch/each.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import type { Range, SequenceSet } from '../input/sequence-set.ts'
import { no, ok, type Completion } from '../reply.ts'
import { partOf, readPartialRange, type PartialRange } from '../search/partial.ts'
import { tellEarlier } from '../selected/resynchronise.ts'
import type { Selected } from '../selected/selected.ts'
import type { Session } from '../session.ts'

interface Args {
  set: SequenceSet
  attributes: Attribute[]
  /** Only what has a greater number (RFC 7162 §3.1.4.1), and whether to tell what has gone since (§3.2.6). */
  changedSince: number | undefined
  tellsVanished: boolean
  /** Of what the set names and is there, only these. RFC 9394 §3.3. */
  partial: PartialRange | undefined
}

/** RFC 9051 §6.4.5. */
function parse(input: Input): Args {
  input.space()
  const set = input.sequenceSet()
  input.space()
  const attributes = readAttributes(input)
  let changedSince: number | undefined
  let tellsVanished = false
  let partial: PartialRange | undefined
  if (input.accept(' '))
    input.group(() => {
      do {
        const name = input.word()
        if (name === 'VANISHED') tellsVanished = true
        else if (name === 'CHANGEDSINCE') {
          input.space()
          changedSince = input.number64()
        } else if (name === 'PARTIAL') {
          input.space()
          partial = readPartialRange(input)
        } else throw new BadCommand('There is no such modifier')
      } while (input.accept(' '))
    })
  input.end()
  return { set, attributes, changedSince, tellsVanished, partial }
}

async function fetch(session: Session, args: Args, byUid: boolean): Promise<Completion> {
  const { mailbox } = session
  const { set, changedSince, tellsVanished, partial } = args
  // RFC 7162 §3.2.6.
  if (tellsVanished && (!byUid || changedSince === undefined || !session.has('QRESYNC')))
    throw new BadCommand('VANISHED goes with UID FETCH, CHANGEDSINCE and QRESYNC')
  if (!byUid && mailbox.isBeyond(set)) throw new BadCommand('There is no message with that number')
  const attributes = completed(args.attributes, session, byUid, changedSince !== undefined)
  if (attributes.some(({ kind }) => kind === 'modseq')) session.enabled.add('CONDSTORE')
  if (tellsVanished && set !== '$') await tellVanished(session, mailbox, set, changedSince as number)
  const uids = mailbox.uidsOf(set, byUid)
  const { view } = mailbox
  const named = uids.filter((uid) => view.rows.indexOf(uid) !== -1)
  // The part first, and then what has changed of it. RFC 9394 §3.4.
  const meant = partial === undefined ? named : partOf(named, partial)
  const there = meant.filter(
    (uid) => changedSince === undefined || (view.rows.changes[view.rows.indexOf(uid)] as number) > changedSince,
  )
  if (!mailbox.isReadOnly && attributes.some((one) => 'setsSeen' in one && one.setsSeen))
    await markSeen(session, mailbox, there)
  await fetchEach(session, mailbox, attributes, there)
  const isAnyGone = !byUid && uids.some((uid) => view.rows.indexOf(uid) === -1)
  return isAnyGone ? no('Some of these messages have gone', 'EXPUNGEISSUED') : ok('FETCH completed')
}

/** UID FETCH answers with UIDs (RFC 9051 §6.4.9), CHANGEDSINCE with MODSEQ (RFC 7162 §3.1.4.1). */
function completed(attributes: Attribute[], session: Session, byUid: boolean, hasChangedSince: boolean): Attribute[] {
  const has = (kind: Attribute['kind']): boolean => attributes.some((one) => one.kind === kind)
  return [
    ...(byUid && !has('uid') && !session.has('UIDONLY') ? [{ kind: 'uid' } as const] : []),
    ...attributes,
    ...(hasChangedSince && !has('modseq') ? [{ kind: 'modseq' } as const] : []),
  ]
}

/** What has gone of a set is told before what is there, so that sequence numbers are as they will be. RFC 7162 §3.2.6. */
async function tellVanished(session: Session, mailbox: Selected, set: Range[], since: number): Promise<void> {
  await session.report({ expunges: true })
  // "*" is the greatest UID, of what is there or has been.
  const last = Math.max(mailbox.lastUid, 1)
  const uids = set.map(([a, b]): Range => [a === Infinity ? last : a, b === Infinity ? Infinity : b])
  await tellEarlier(session, mailbox, since, uids)
}

/** Whoever fetches a body has seen the message. RFC 9051 §6.4.5, BODY[…]. */
async function markSeen(session: Session, { view }: Selected, uids: readonly number[]): Promise<void> {
  const unseen = uids.filter((uid) => ((view.rows.flags[view.rows.indexOf(uid)] as number) & FLAG.seen) === 0)
  if (unseen.length === 0 || session.isReadOnly) return
  const items = unseen.map((uid) => view.rows.items[view.rows.indexOf(uid)] as number)
  const change = { set: FLAG.seen, clear: 0, add: [], remove: [], replace: false, isDeleted: undefined }
  await session.account.write((tx) => flagItems(tx, MAIL, view.folderId, items, change))
  await view.refresh()
}

export const fetchNumbers = command({
  name: 'FETCH',
  states: ['selected'],
  keepsNumbers: true,
  parse,
  run: (session, args) => fetch(session, args, false),
})

export const fetchUids = command({
  name: 'UID FETCH',
  states: ['selected'],
  parse,
  run: (session, args) => fetch(session, args, true),
})
