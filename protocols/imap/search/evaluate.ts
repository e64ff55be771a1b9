import { readKeywords, readThreads, type FolderView, type Keywords, type Rows } from '#items'
import { MAIL, openMailSearch, type MailSearch } from '#mail'
import type { OpenAccount } from '#storage'
import type { Range } from '../input/sequence-set.ts'
import type { Selected } from '../selected/selected.ts'
import { IDS, SENT_AT, sentAtOf } from './derivations.ts'
import { derive } from './heads.ts'
import type { Key } from './key.ts'
import type { Progress } from './progress.ts'
import type { Program } from './read-program.ts'

/** Rows of a view, by their places in it, ascending. */
export type Places = readonly number[]

interface Search {
  account: OpenAccount
  selected: Selected
  view: FolderView
  /** As they were when it began: what goes meanwhile is still there. */
  rows: Rows
  mail: MailSearch
  progress: Progress
  keywords: Promise<Keywords> | undefined
}

/**
 * The messages that a program means, of those that the session was told of. What the view knows is answered first and in memory, what
 * needs summaries then, and letters are looked into for what is left.
 */
export async function findPlaces(
  account: OpenAccount,
  selected: Selected,
  { key, declined }: Program,
  progress: Progress,
): Promise<{ rows: Rows; places: Places }> {
  if (declined !== undefined) throw declined
  const { view } = selected
  const { rows } = view
  const told = placesTold(selected, rows)
  const search: Search = { account, selected, view, rows, mail: openMailSearch(account), progress, keywords: undefined }
  const prepared = await prepare(key, search)
  return { rows, places: await meet(prepared, told, search) }
}

/** What the session was told of and what is still there. */
function placesTold(selected: Selected, rows: Rows): number[] {
  const places: number[] = []
  eachTold(selected, rows, (index) => places.push(index))
  return places
}

/** The sequence number of each row as the session knows it; 0 of what it was not told of. */
export function sequenceNumbers(selected: Selected, rows: Rows): Uint32Array {
  const numbers = new Uint32Array(rows.length)
  eachTold(selected, rows, (index, place) => (numbers[index] = place + 1))
  return numbers
}

function eachTold({ uids, count }: Selected, rows: Rows, tell: (index: number, place: number) => void): void {
  for (let place = 0, index = 0; place < count && index < rows.length;) {
    const difference = (uids[place] as number) - (rows.uids[index] as number)
    if (difference === 0) tell(index, place)
    if (difference <= 0) place++
    if (difference >= 0) index++
  }
}

/** A key as it is met: a test of a row, or one of those that read. */
type Prepared =
  | { cost: 0; holds: (index: number) => boolean }
  | { cost: number; key: Extract<Key, { kind: 'sent' | 'ids' | 'text' }> }
  | { cost: number; not: Prepared }
  | { cost: number; kind: 'and' | 'or'; keys: readonly Prepared[] }

const COST = { row: 0, summary: 1, people: 2, index: 3, letters: 4 } as const

/** Turns a key and all within it into what is met row by row, as far as that can be. Depth was bounded when it was read. */
async function prepare(key: Key, search: Search): Promise<Prepared> {
  const { rows, selected, account } = search
  const ofRow = (holds: (index: number) => boolean): Prepared => ({ cost: COST.row, holds })
  switch (key.kind) {
    case 'all':
      return ofRow(() => true)
    case 'none':
      return ofRow(() => false)
    case 'row':
      return ofRow((index) => key.holds(rows, index))
    case 'set': {
      const holds = within(uidRanges(key, selected))
      return ofRow((index) => holds(rows.uids[index] as number))
    }
    case 'keyword': {
      const number = (await (search.keywords ??= readKeywords(account))).numbers.get(key.name)
      return number === undefined ? ofRow(() => false) : ofRow((index) => rows.keywordsAt(index).includes(number))
    }
    case 'thread': {
      const items = new Set((await readThreads(account, MAIL, [key.id])).get(key.id))
      return ofRow((index) => items.has(rows.items[index] as number))
    }
    case 'sent':
    case 'ids':
      return { cost: COST.summary, key }
    case 'text':
      return { cost: costOf(key), key }
    case 'not': {
      const inner = await prepare(key.key, search)
      if ('holds' in inner) {
        const { holds } = inner
        return ofRow((index) => !holds(index))
      }
      return { cost: inner.cost, not: inner }
    }
    default:
      return combined(key.kind, await prepareAll(key.keys, search))
  }
}

async function prepareAll(keys: readonly Key[], search: Search): Promise<Prepared[]> {
  const prepared: Prepared[] = []
  for (const key of keys) prepared.push(await prepare(key, search))
  return prepared
}

function costOf({ text }: Extract<Key, { kind: 'text' }>): number {
  if ('header' in text) return /^(?:from|to|cc|bcc|subject|message-id)$/i.test(text.header) ? COST.people : COST.letters
  return text.field === 'body' || text.field === 'text' ? COST.index : COST.people
}

/** The tests of rows become one, and what is cheap comes first. */
function combined(kind: 'and' | 'or', keys: readonly Prepared[]): Prepared {
  const tests = keys.flatMap((key) => ('holds' in key ? [key.holds] : []))
  const others = keys.filter((key) => !('holds' in key)).sort((a, b) => a.cost - b.cost)
  const holds =
    kind === 'and'
      ? (index: number) => tests.every((test) => test(index))
      : (index: number) => tests.some((test) => test(index))
  if (others.length === 0) return { cost: COST.row, holds }
  const first: Prepared[] = tests.length === 0 ? [] : [{ cost: COST.row, holds }]
  return { cost: (others.at(-1) as Prepared).cost, kind, keys: [...first, ...others] }
}

/** Those of the rows that meet a key, in their order. */
async function meet(key: Prepared, among: Places, search: Search): Promise<Places> {
  if (among.length === 0) return among
  if ('holds' in key) return among.filter(key.holds)
  if ('not' in key) {
    const met = new Set(await meet(key.not, among, search))
    return among.filter((place) => !met.has(place))
  }
  if ('key' in key) {
    if (key.key.kind === 'text') return withTexts([key.key], among, search)
    return key.key.kind === 'sent' ? sentWithin(key.key, among, search) : withIds(key.key, among, search)
  }
  return key.kind === 'and' ? meetAll(key.keys, among, search) : meetSome(key.keys, among, search)
}

async function meetAll(keys: readonly Prepared[], among: Places, search: Search): Promise<Places> {
  let left = among
  // All texts in one question.
  const texts = keys.flatMap((key) => ('key' in key && key.key.kind === 'text' ? [key.key] : []))
  let areAsked = false
  for (const key of keys) {
    if (!('key' in key && key.key.kind === 'text')) left = await meet(key, left, search)
    else if (!areAsked) {
      areAsked = true
      left = await withTexts(texts, left, search)
    }
  }
  return left
}

async function meetSome(keys: readonly Prepared[], among: Places, search: Search): Promise<Places> {
  const met = new Set<number>()
  let left = among
  for (const key of keys) {
    const found = await meet(key, left, search)
    if (found.length === 0) continue
    for (const place of found) met.add(place)
    left = left.filter((place) => !met.has(place))
  }
  return among.filter((place) => met.has(place))
}

async function sentWithin(
  { from, before }: Extract<Key, { kind: 'sent' }>,
  among: Places,
  { account, view, rows, progress }: Search,
): Promise<Places> {
  const days = await derive(account, view, SENT_AT, itemsAt(rows, among), progress)
  return among.filter((place) => {
    const sent = sentAtOf(days.get(rows.items[place] as number))
    return sent !== undefined && sent.day >= from && sent.day < before
  })
}

async function withIds(
  { field, needle }: Extract<Key, { kind: 'ids' }>,
  among: Places,
  { account, view, rows, progress }: Search,
): Promise<Places> {
  const all = await derive(account, view, IDS, itemsAt(rows, among), progress)
  const wanted = needle.toLowerCase()
  return among.filter((place) => {
    const ids = all.get(rows.items[place] as number)?.[field] ?? []
    return (
      ids.length > 0 &&
      ids
        .map((id) => `<${id}>`)
        .join(' ')
        .toLowerCase()
        .includes(wanted)
    )
  })
}

async function withTexts(
  keys: readonly Extract<Key, { kind: 'text' }>[],
  among: Places,
  { mail, rows, progress }: Search,
): Promise<Places> {
  const found = await mail.find(
    keys.map(({ text }) => text),
    itemsAt(rows, among),
    progress,
  )
  return among.filter((place) => found.has(rows.items[place] as number))
}

export const itemsAt = (rows: Rows, places: Places): number[] => places.map((place) => rows.items[place] as number)

/** A set as ranges of UIDs, ascending, none within another. */
function uidRanges({ set, byUid }: Extract<Key, { kind: 'set' }>, selected: Selected): Range[] {
  if (set === '$') return selected.uidsOf('$', true).map((uid): Range => [uid, uid])
  const { uids, count, lastUid } = selected
  const last = byUid ? lastUid : count
  const ranges = set.map(([a, b]): Range => {
    const [one, other] = [a === Infinity ? last : a, b === Infinity ? last : b]
    return [Math.min(one, other), Math.max(one, other)]
  })
  // Numbers beyond the last are nobody's; UIDs may be.
  const byUids = byUid
    ? ranges
    : ranges
        .filter(([from]) => from >= 1 && from <= count)
        .map(([from, to]): Range => [uids[from - 1] as number, uids[Math.min(to, count) - 1] as number])
  byUids.sort((a, b) => a[0] - b[0])
  const merged: Range[] = []
  for (const [from, to] of byUids) {
    const before = merged.at(-1)
    if (before !== undefined && from <= before[1] + 1) before[1] = Math.max(before[1], to)
    else merged.push([from, to])
  }
  return merged
}

/** Whether a number is in one of the ranges, found by halving. */
function within(ranges: readonly Range[]): (number: number) => boolean {
  const [only, ...others] = ranges
  if (only === undefined) return () => false
  if (others.length === 0) return (number) => number >= only[0] && number <= only[1]
  return (number) => {
    let [low, high] = [0, ranges.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((ranges[middle] as Range)[1] < number) low = middle + 1
      else high = middle
    }
    return low < ranges.length && (ranges[low] as Range)[0] <= number
  }
}
