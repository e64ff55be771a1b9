import { DELETED, FLAG, type Rows } from '#items'
import { LONGEST_NEEDLE, bitOfKeyword, type TextKey } from '#mail'
import { nowMs } from '#system'
import { emailOf, threadOf } from '../ids.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { readFlags } from '../output/flags.ts'
import { Declined } from '../reply.ts'
import type { Session } from '../session.ts'
import { ALL, NONE, not, together, type Key } from './key.ts'

/** What SEARCH, SORT and THREAD look for. */
export interface Program {
  key: Key
  /** Whether mod-sequences were asked about: then the answer says the greatest (RFC 7162 §3.1.5). */
  hasModSeq: boolean
  /** What it cannot be carried out for, said once it runs. */
  declined: Declined | undefined
}

/** Keys of one program, keys that the view does not answer among them, and keys within one another. */
const MOST_KEYS = 5000
const MOST_LOOK_UPS = 200
const DEEPEST = 400

const DAY = 86_400

/** Keys that are a word alone. RFC 9051 §6.4.4; RFC 3501 §6.4.4 for what is about \Recent, which nothing ever is. */
const WORDS: Readonly<Record<string, Key>> = {
  ALL,
  ANSWERED: has(FLAG.answered),
  DELETED: has(DELETED),
  DRAFT: has(FLAG.draft),
  FLAGGED: has(FLAG.flagged),
  SEEN: has(FLAG.seen),
  UNANSWERED: not(has(FLAG.answered)),
  UNDELETED: not(has(DELETED)),
  UNDRAFT: not(has(FLAG.draft)),
  UNFLAGGED: not(has(FLAG.flagged)),
  UNSEEN: not(has(FLAG.seen)),
  NEW: NONE,
  OLD: ALL,
  RECENT: NONE,
  // RFC 8514 §4.3: our mailboxes have such dates.
  SAVEDATESUPPORTED: ALL,
}

/** Keys with something after them, which follows a space. */
const READ: Readonly<Record<string, (input: Input, state: State) => Key>> = {
  BEFORE: (input) => received(-Infinity, dayIn(input)),
  ON: (input) => oneDay(dayIn(input), received),
  SINCE: (input) => received(dayIn(input), Infinity),
  // RFC 8514 §4.3.
  SAVEDBEFORE: (input) => saved(-Infinity, dayIn(input)),
  SAVEDON: (input) => oneDay(dayIn(input), saved),
  SAVEDSINCE: (input) => saved(dayIn(input), Infinity),
  SENTBEFORE: (input) => sent(-Infinity, dayIn(input)),
  SENTON: (input) => oneDay(dayIn(input), sent),
  SENTSINCE: (input) => sent(dayIn(input), Infinity),
  // RFC 5032 §3: interval = nz-number, in seconds.
  OLDER: (input) => ofRow(since(input), (time, { receivedAt }, index) => (receivedAt[index] as number) <= time),
  YOUNGER: (input) => ofRow(since(input), (time, { receivedAt }, index) => (receivedAt[index] as number) >= time),
  LARGER: (input) => ofRow(input.number64(), (size, { sizes }, index) => (sizes[index] as number) > size),
  SMALLER: (input) => ofRow(input.number64(), (size, { sizes }, index) => (sizes[index] as number) < size),
  KEYWORD: keyword,
  UNKEYWORD: (input) => not(keyword(input)),
  UID: (input) => ({ kind: 'set', set: input.sequenceSet(), byUid: true }),
  MODSEQ: modSeq,
  // RFC 8474 §6. What is no id of ours is nobody's.
  EMAILID: (input) => {
    const id = emailOf(input.atom())
    return id === undefined ? NONE : ofRow(id, (wanted, { items }, index) => items[index] === wanted)
  },
  THREADID: (input, state) => {
    const id = threadOf(input.atom())
    countLookUp(state)
    return id === undefined ? NONE : { kind: 'thread', id }
  },
  HEADER: (input, state) => {
    const header = input.astring()
    input.space()
    const needle = needleIn(input, state)
    const field = IDS.get(header.toLowerCase())
    return field === undefined ? text(state, { header, needle }) : { kind: 'ids', field, needle }
  },
  ...Object.fromEntries(
    (['from', 'to', 'cc', 'bcc', 'subject', 'body', 'text'] as const).map((field) => [
      field.toUpperCase(),
      (input: Input, state: State) => text(state, { field, needle: needleIn(input, state), isFuzzy: state.isFuzzy }),
    ]),
  ),
}

const IDS: ReadonlyMap<string, 'inReplyTo' | 'references'> = new Map([
  ['in-reply-to', 'inReplyTo'],
  ['references', 'references'],
])

interface State {
  keys: number
  lookUps: number
  depth: number
  isFuzzy: boolean
  hasModSeq: boolean
  declined: Declined | undefined
  /** Sequence numbers are not used any more (RFC 9586 §3). */
  isByUidOnly: boolean
}

/**
 * `search-program = ["CHARSET" SP charset SP] search-key *(SP search-key)`. RFC 9051 §9.
 * @param charset  read already, where the command has it elsewhere
 */
export function readProgram(input: Input, session: Session, charset?: string): Program {
  const isByUidOnly = session.has('UIDONLY')
  const state: State = {
    keys: 0,
    lookUps: 0,
    depth: 0,
    isFuzzy: false,
    hasModSeq: false,
    declined: undefined,
    isByUidOnly,
  }
  let named = charset
  if (named === undefined && input.accept('CHARSET ')) {
    // RFC 6855 §3: whoever has enabled it says nothing of a charset.
    if (session.has('UTF8=ACCEPT')) throw new BadCommand('No CHARSET after UTF8=ACCEPT')
    named = input.astring()
    input.space()
  }
  if (named !== undefined && !CHARSETS.has(named.toUpperCase()))
    state.declined = new Declined('That charset is not known here', 'BADCHARSET (US-ASCII UTF-8)')
  const key = together('and', readKeys(input, state))
  return { key, hasModSeq: state.hasModSeq, declined: state.declined }
}

const CHARSETS = new Set(['US-ASCII', 'UTF-8'])

function readKeys(input: Input, state: State): Key[] {
  const keys: Key[] = []
  do keys.push(readKey(input, state))
  while (input.accept(' '))
  return keys
}

/** search-key. RFC 9051 §9. */
function readKey(input: Input, state: State): Key {
  // However many NOTs there are in a row, nothing is deeper for it.
  let isNot = false
  while (input.accept('NOT ')) isNot = !isNot
  if (++state.keys > MOST_KEYS) throw new BadCommand('Too many search keys')
  if (++state.depth > DEEPEST) throw new BadCommand('Nested too deep')
  const key = readOne(input, state)
  state.depth--
  return isNot ? not(key) : key
}

const STARTS_SET = /(?=[\d*$])/y
const NAME = /[A-Za-z]+/y

function readOne(input: Input, state: State): Key {
  if (input.peek() === '(') return input.group(() => together('and', readKeys(input, state)))
  if (input.match(STARTS_SET) !== undefined) return numbersIn(input, state)
  const name = input.match(NAME)?.toUpperCase() ?? ''
  const word = WORDS[name]
  if (word !== undefined) return word
  const read = COMPOSED[name] ?? READ[name]
  if (read === undefined) throw new BadCommand('There is no such search key')
  input.space()
  return read(input, state)
}

/** sequence-set alone: sequence numbers, or what was kept. */
function numbersIn(input: Input, { isByUidOnly }: State): Key {
  const set = input.sequenceSet()
  if (isByUidOnly && set !== '$') throw new BadCommand('Sequence numbers are not used any more', 'UIDREQUIRED')
  return { kind: 'set', set, byUid: false }
}

const COMPOSED: Readonly<Record<string, (input: Input, state: State) => Key>> = {
  OR: (input, state) => {
    const first = readKey(input, state)
    input.space()
    return together('or', [first, readKey(input, state)])
  },
  // RFC 6203 §3: the key that follows may be met nearly. For us: by words in any form, rather than by any part of a text.
  FUZZY: (input, state) => {
    const before = state.isFuzzy
    state.isFuzzy = true
    const key = readKey(input, state)
    state.isFuzzy = before
    return key
  },
}

/** That a message has all of these flag bits. */
function has(bits: number): Key {
  return { kind: 'row', holds: ({ flags }, index) => ((flags[index] as number) & bits) === bits }
}

const ofRow = <T>(value: T, holds: (value: T, rows: Rows, index: number) => boolean): Key => ({
  kind: 'row',
  holds: (rows, index) => holds(value, rows, index),
})

/** A day, counted from 1970. Dates are compared without their times, those of the store in UTC, as they are shown. */
const dayIn = (input: Input): number => input.date().getTime() / 1000 / DAY
const oneDay = (day: number, key: (from: number, before: number) => Key): Key => key(day, day + 1)
const received = (from: number, before: number): Key =>
  ofRow([from * DAY, before * DAY] as const, ([first, end], { receivedAt }, index) => {
    const time = receivedAt[index] as number
    return time >= first && time < end
  })
/** RFC 8514 §4.3: of what has no save date the internal date counts. */
const saved = (from: number, before: number): Key =>
  ofRow([from * DAY, before * DAY] as const, ([first, end], { savedAt, receivedAt }, index) => {
    const time = (savedAt[index] as number) || (receivedAt[index] as number)
    return time >= first && time < end
  })
const sent = (from: number, before: number): Key => ({ kind: 'sent', from, before })
const since = (input: Input): number => nowMs() / 1000 - input.nonZero()

function keyword(input: Input): Key {
  const [name = ''] = readFlags([input.atom()]).keywords
  const bit = bitOfKeyword(name)
  return bit === undefined ? { kind: 'keyword', name } : has(bit)
}

/**
 * `"MODSEQ" [SP entry-name SP entry-type-req] SP mod-sequence-valzer`. RFC 7162 §3.1.5: a message has one number, whatever
 * flag is named.
 */
function modSeq(input: Input, state: State): Key {
  if (input.peek() === '"') {
    if (!/^\/flags\/./i.test(input.string())) throw new BadCommand('The name of an entry is wanted')
    input.space()
    if (!['ALL', 'PRIV', 'SHARED'].includes(input.word())) throw new BadCommand('The type of an entry is wanted')
    input.space()
  }
  state.hasModSeq = true
  return ofRow(input.number64(), (from, { changes }, index) => (changes[index] as number) >= from)
}

function needleIn(input: Input, state: State): string {
  const needle = input.astring()
  if (needle.length > LONGEST_NEEDLE) {
    state.declined ??= new Declined('That is too long to look for', 'LIMIT')
    return ''
  }
  return needle
}

function text(state: State, key: TextKey): Key {
  countLookUp(state)
  return { kind: 'text', text: key }
}

function countLookUp(state: State): void {
  if (++state.lookUps > MOST_LOOK_UPS) state.declined ??= new Declined('Too many texts at once', 'LIMIT')
}
