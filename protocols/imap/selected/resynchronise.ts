import { vanishedSince } from '#items'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { setOfRanges, type Range } from '../input/sequence-set.ts'
import type { Session } from '../session.ts'
import { tellFlags } from './report.ts'
import type { Selected } from './selected.ts'

/** What a client knows of a mailbox that it comes back to. */
export interface Knowledge {
  uidValidity: number
  change: number
  /** UIDs; undefined: all. */
  uids: Range[] | undefined
  /** Sequence numbers, and the UIDs that they had. */
  match: { numbers: Range[]; uids: Range[] } | undefined
}

/** FETCH responses that are written at one go. */
const SLICE = 2000

/**
 * "(" uidvalidity SP mod-sequence-value [SP known-uids] [SP seq-match-data] ")". RFC 7162 §7.
 * @throws BadCommand also when QRESYNC is not enabled (§3.2.5)
 */
export function readKnowledge(input: Input, session: Session): Knowledge {
  if (!session.has('QRESYNC')) throw new BadCommand('Enable QRESYNC first')
  return input.group(() => {
    const uidValidity = input.nonZero()
    input.space()
    const change = input.number64()
    let [uids, match]: [Knowledge['uids'], Knowledge['match']] = [undefined, undefined]
    if (input.peek(2) !== ' (' && input.accept(' ')) uids = readKnown(input)
    if (input.accept(' ')) match = input.group(() => readMatch(input, session))
    return { uidValidity, change, uids, match }
  })
}

/** seq-match-data = known-sequence-set SP known-uid-set, both ascending. RFC 7162 §3.2.5.2. */
function readMatch(input: Input, session: Session): Knowledge['match'] {
  if (session.has('UIDONLY')) throw new BadCommand('Sequence numbers are not used any more', 'UIDREQUIRED')
  const numbers = readKnown(input)
  input.space()
  const uids = readKnown(input)
  if (!isAscending(numbers) || !isAscending(uids)) throw new BadCommand('The sets do not ascend')
  return { numbers, uids }
}

/** A set without "*" and "$", each range from the lesser to the greater. */
function readKnown(input: Input): Range[] {
  const set = input.sequenceSet()
  if (set === '$' || set.some((range) => range.includes(Infinity))) throw new BadCommand('Numbers are wanted')
  return set.map(([a, b]) => [Math.min(a, b), Math.max(a, b)])
}

const isAscending = (set: Range[]): boolean =>
  set.every(([from], index) => index === 0 || (set[index - 1] as Range)[1] < from)

/** Tells what a client has missed: what has gone, then whose flags are others. RFC 7162 §3.2.5.1. */
export async function resynchronise(session: Session, selected: Selected, known: Knowledge): Promise<void> {
  const { view } = selected
  // Another mailbox than the one it knows: it is to begin anew.
  if (known.uidValidity !== view.uidValidity) return
  // A number that is still to come was given by a database that has been set back since: what it told is not to be relied on.
  const change = known.change > view.change ? 0 : known.change
  const uids = known.uids ?? [[1, Infinity]]
  await tellEarlier(session, selected, change, uids, known.match && greatestKnown(selected, known.match))
  const changed = selected
    .uidsOf(uids, true)
    .filter((uid) => (view.rows.changes[view.rows.indexOf(uid)] as number) > change)
  for (let at = 0; at < changed.length; at += SLICE) {
    await tellFlags(session, selected, changed.slice(at, at + SLICE))
    await session.connection.drained()
  }
}

/**
 * VANISHED (EARLIER), of these UIDs: what has gone since a change. Where that is not known any more, all that is not there.
 * RFC 7162 §3.2.6, §3.2.10.1.
 * @param above  only UIDs greater than this one, where it is not known any more
 */
export async function tellEarlier(
  session: Session,
  selected: Selected,
  change: number,
  uids: readonly Range[],
  above = 0,
): Promise<void> {
  const { view } = selected
  const vanished = await vanishedSince(session.account, view.folderId, change)
  // What the session still takes to be there is told as VANISHED alone, by and by.
  const outOfSight = vanished?.filter((uid) => selected.placeOf(uid) === -1)
  const ranges = outOfSight === undefined ? missing(selected, uids, above) : among(outOfSight, uids)
  if (ranges.length > 0) session.untagged(`VANISHED (EARLIER) ${setOfRanges(ranges)}`)
}

/** Those of some ascending UIDs that a set names, as ranges. */
function among(uids: readonly number[], set: readonly Range[]): Range[] {
  const ranges = normal(set)
  const found: Range[] = []
  let at = 0
  for (const uid of uids) {
    while (at < ranges.length && (ranges[at] as Range)[1] < uid) at++
    const range = ranges[at]
    if (range === undefined) break
    if (uid < range[0]) continue
    const last = found.at(-1)
    if (last !== undefined && last[1] === uid - 1) last[1] = uid
    else found.push([uid, uid])
  }
  return found
}

/** The UIDs of a set that there have been and that are not there. */
function missing(selected: Selected, set: readonly Range[], above: number): Range[] {
  const { view, uids, count } = selected
  const gaps: Range[] = []
  let next = above + 1
  const end = view.uidNext - 1
  const close = (until: number): void => {
    if (next <= until) gaps.push([next, until])
  }
  const pass = (uid: number): void => {
    if (uid < next) return
    close(uid - 1)
    next = uid + 1
  }
  for (let place = 0; place < count; place++) pass(uids[place] as number)
  // What has come and was not told yet.
  const { rows } = view
  for (let index = rows.firstFrom(selected.lastUid + 1); index < rows.length; index++) pass(rows.uids[index] as number)
  close(end)
  return intersect(gaps, normal(set))
}

/** Ranges ascending, and apart from one another. */
function normal(set: readonly Range[]): Range[] {
  const sorted = set.map(([a, b]): Range => [Math.min(a, b), Math.max(a, b)]).sort((a, b) => a[0] - b[0])
  const ranges: Range[] = []
  for (const range of sorted) {
    const last = ranges.at(-1)
    if (last !== undefined && range[0] <= last[1] + 1) last[1] = Math.max(last[1], range[1])
    else ranges.push(range)
  }
  return ranges
}

/** What two lists of ascending ranges have in common. */
function intersect(some: readonly Range[], others: readonly Range[]): Range[] {
  const common: Range[] = []
  for (let [i, j] = [0, 0]; i < some.length && j < others.length;) {
    const [a, b] = [some[i] as Range, others[j] as Range]
    const [from, to] = [Math.max(a[0], b[0]), Math.min(a[1], b[1])]
    if (from <= to) common.push([from, to])
    if (a[1] < b[1]) i++
    else j++
  }
  return common
}

/**
 * The greatest UID that has the sequence number which the client knows it by: up to there it knows of all that has gone.
 * RFC 7162 §3.2.5.2. Looks at each sequence number once at most, however long the ranges are.
 */
function greatestKnown(selected: Selected, match: NonNullable<Knowledge['match']>): number {
  let greatest = 0
  let [i, j] = [0, 0]
  let [number, uid] = [match.numbers[0]?.[0] ?? 0, match.uids[0]?.[0] ?? 0]
  while (i < match.numbers.length && j < match.uids.length) {
    const [lastNumber, lastUid] = [(match.numbers[i] as Range)[1], (match.uids[j] as Range)[1]]
    const steps = Math.min(lastNumber - number, lastUid - uid)
    for (let place = Math.min(number + steps, selected.count) - 1; place >= number - 1; place--)
      if (selected.uids[place] === uid + place - (number - 1)) {
        greatest = selected.uids[place] as number
        break
      }
    number += steps + 1
    uid += steps + 1
    if (number > lastNumber) number = match.numbers[++i]?.[0] ?? 0
    if (uid > lastUid) uid = match.uids[++j]?.[0] ?? 0
  }
  return greatest
}
