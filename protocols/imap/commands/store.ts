import { flagItems, SETTABLE, type FlagChange } from '#items'
import { MAIL, toFlags } from '#mail'
import { command } from '../command.ts'
import type { Input } from '../input/input.ts'
import { compactSet, type SequenceSet } from '../input/sequence-set.ts'
import { isSystemFlag, readFlags, type GivenFlags } from '../output/flags.ts'
import { BadCommand } from '../input/bad-command.ts'
import { Declined, no, ok, type Completion } from '../reply.ts'
import { tellFlags } from '../selected/report.ts'
import type { Session } from '../session.ts'

interface Args {
  set: SequenceSet
  /** `+` adds, `-` removes, nothing replaces. */
  sign: '+' | '-' | ''
  isSilent: boolean
  flags: GivenFlags
  unchangedSince: number | undefined
}

/** RFC 9051 §6.4.6; UNCHANGEDSINCE: RFC 7162 §3.1.3. */
function parse(input: Input): Args {
  input.space()
  const set = input.sequenceSet()
  input.space()
  let unchangedSince: number | undefined
  if (input.peek() === '(') {
    input.group(() => {
      input.expect('UNCHANGEDSINCE ')
      unchangedSince = input.number64()
    })
    input.space()
  }
  const sign = input.accept('+') ? '+' : input.accept('-') ? '-' : ''
  input.expect('FLAGS')
  const isSilent = input.accept('.SILENT')
  input.space()
  const flags = input.peek() === '(' ? input.list(() => input.flag()) : bareFlags(input)
  input.end()
  return { set, sign, isSilent, flags: readFlags(flags), unchangedSince }
}

function bareFlags(input: Input): string[] {
  const flags = [input.flag()]
  while (input.accept(' ')) flags.push(input.flag())
  return flags
}

/** What becomes of flags, in the store's terms. */
function changeOf(sign: Args['sign'], { keywords, isDeleted }: GivenFlags): FlagChange {
  const { flags, names } = toFlags(keywords)
  if (sign === '+')
    return { set: flags, clear: 0, add: names, remove: [], replace: false, isDeleted: isDeleted ? true : undefined }
  if (sign === '-')
    return { set: 0, clear: flags, add: [], remove: names, replace: false, isDeleted: isDeleted ? false : undefined }
  return { set: flags, clear: SETTABLE, add: names, remove: [], replace: true, isDeleted }
}

async function store(session: Session, args: Args, byUid: boolean): Promise<Completion> {
  const { mailbox } = session
  const { set, sign, isSilent, flags, unchangedSince } = args
  if (mailbox.isReadOnly) throw new Declined('The mailbox is open for reading only', 'READ-ONLY')
  if (!byUid && mailbox.isBeyond(set)) throw new BadCommand('There is no message with that number')
  if (unchangedSince !== undefined) session.enabled.add('CONDSTORE')
  const uids = mailbox.uidsOf(set, byUid)
  const { rows } = mailbox.view
  const there = uids.filter((uid) => rows.indexOf(uid) !== -1)
  const items = there.map((uid) => rows.items[rows.indexOf(uid)] as number)
  const { changed, refused } = await session.account.write((tx) =>
    flagItems(
      tx,
      MAIL,
      mailbox.view.folderId,
      items,
      changeOf(sign, flags),
      isForAbsent(args) ? 'absent' : unchangedSince,
    ),
  )
  await mailbox.view.refresh()
  const uidOf = new Map(items.map((item, index) => [item, there[index] as number]))
  const refusedUids = refused.map((item) => uidOf.get(item) as number).sort((a, b) => a - b)
  // Who said .SILENT knows what has become of the flags, but not of their number: that is told of those that have changed,
  // and of all for which there was a condition, those that were left alone included (RFC 7162 §3.1.3).
  if (!isSilent || unchangedSince !== undefined) {
    mailbox.forgetChanged(there)
    await tellFlags(session, mailbox, there)
  } else if (!session.has('CONDSTORE')) mailbox.forgetChanged(changed.map((item) => uidOf.get(item) as number))
  const isAnyGone = !byUid && uids.some((uid) => mailbox.view.rows.indexOf(uid) === -1)
  if (refused.length > 0) {
    const numbers = byUid ? refusedUids : refusedUids.map((uid) => mailbox.placeOf(uid) + 1)
    return (isAnyGone ? no : ok)('Some had changed meanwhile', `MODIFIED ${compactSet(numbers)}`)
  }
  return isAnyGone ? no('Some of these messages have gone', 'EXPUNGEISSUED') : ok('STORE completed')
}

/**
 * Whether the condition is that the keywords are not there yet: of those that never were, there is no change that could be
 * newer than 0. A system flag is there always. RFC 7162 §3.1.3, example 8.
 */
const isForAbsent = ({ sign, flags, unchangedSince }: Args): boolean =>
  unchangedSince === 0 && sign === '+' && !flags.isDeleted && !flags.keywords.some(isSystemFlag)

export const storeNumbers = command({
  name: 'STORE',
  states: ['selected'],
  writes: true,
  keepsNumbers: true,
  parse,
  run: (session, args) => store(session, args, false),
})

export const storeUids = command({
  name: 'UID STORE',
  states: ['selected'],
  writes: true,
  parse,
  run: (session, args) => store(session, args, true),
})
