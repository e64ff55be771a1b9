import { setImmediate as turn } from 'node:timers/promises'
import { parseMessage, type EmailAddress, type Message } from '#formats/message'
import {
  anyOfWords,
  areAllIndexedWith,
  countsOf,
  everyQuery,
  itemsFound,
  openVocabulary,
  someWordsMeant,
  waitingItems,
  wordsMeant,
  type Counts,
  type Vocabulary,
  type WordsQuery,
} from '#items'
import type { OpenAccount } from '#storage'
import { MAIL } from '../kind.ts'
import { openMessages, type OpenedMessage } from '../messages/open.ts'
import type { PartSummary, Summary } from '../messages/summary.ts'
import { planText, termsOf, type TextPlan } from './condition.ts'
import { isListed } from '../messages/listed-fields.ts'
import { FIELDS, HAS_IDS, headerTexts, indexedName, OF_SUMMARY, TEXT_FIELDS, type TextField } from './fields.ts'
import { openLetter, readMessage, type Letter } from './letter.ts'
import { containing, termsFor } from './needle.ts'

/** What is looked for in letters: a part of a text, in whatever case. The empty one is in every text that is there. */
export type TextKey =
  | {
      field: TextField | 'text'
      needle: string
      /** As people search: words in any form, and what our search syntax has (formats/words/terms.ts). */
      isFuzzy: boolean
    }
  | { header: string; needle: string }

/** A search through letters that somebody knows already, with what it needs read once. */
export interface MailSearch {
  /**
   * Those among these messages in which all of the texts stand: all of them, however many must be read for it, in slices
   * of time between which others are served.
   * @param progress  hears how many of how many were looked at; what it throws ends the search
   */
  find(
    keys: readonly TextKey[],
    among: readonly number[],
    progress: (done: number, all: number) => void,
  ): Promise<Set<number>>
}

/** Characters of a text that is looked for. Whoever asks has bounded it. */
export const LONGEST_NEEDLE = 2000

/** So few messages are opened without asking the index. */
const FEW = { summary: 60, header: 30, content: 30 }

/** Messages opened at one go: a few milliseconds, in which nobody else is served. */
const SLICE = { summary: 250, header: 40, content: 20 }

/** Words that a text may be part of, of those that are looked at. */
const MOST_WORDS = 20_000

/** Of more words than this, where they are in many letters, the most frequent are asked for first: few letters have none of them. */
const MANY_WORDS = 200
const FREQUENT = 150

/** What opening a message costs beside asking the index for one word more. */
const OPENING = { summary: 1, header: 8, content: 10 }

type Needs = keyof typeof FEW

interface Plan extends Pick<TextPlan, 'words' | 'test'> {
  needs: Needs
  /** Of a part of very many words: what is found by this is meant, and the rest has to be looked at. */
  sure?: WordsQuery
  /** How many words those are. */
  alternatives?: number
}

export function openMailSearch(account: OpenAccount): MailSearch {
  let opening: Promise<{ waiting: ReadonlySet<number>; vocabulary: Vocabulary }> | undefined
  const open = async () => {
    // Before all questions: what is indexed from now on is looked at both ways, and so in one at least.
    const waiting = new Set(await waitingItems(account, MAIL, MOST_WAITING, MOST_WAITING))
    return { waiting, vocabulary: await openVocabulary(account) }
  }
  return {
    async find(keys, among, progress) {
      const direct = await Promise.all(keys.map((key) => planKey(key, account, undefined)))
      const isFew = among.length <= Math.min(...direct.map(({ needs }) => FEW[needs]))
      if (isFew) return new Set(await tested(account, direct, among, progress))
      const { waiting, vocabulary } = await (opening ??= open())
      const plans = await Promise.all(keys.map((key) => planKey(key, account, vocabulary, among.length)))
      const asked = plans.flatMap(({ words, sure }) => (words === undefined || sure !== undefined ? [] : words))
      let left = waiting.size === 0 ? among : among.filter((id) => !waiting.has(id))
      if (asked.length > 0) left = await found(account, everyQuery(asked), left)
      for (const [index, plan] of plans.entries())
        if (plan.sure !== undefined) left = await foundOrTested(account, plan, direct[index] as Plan, left, progress)
      const narrow = plans.filter(({ sure }) => sure === undefined)
      const recent = waiting.size === 0 ? [] : among.filter((id) => waiting.has(id))
      return new Set([
        ...(await tested(account, narrow, left, progress)),
        ...(await tested(account, direct, recent, progress)),
      ])
    },
  }
}

async function found(account: OpenAccount, query: WordsQuery, among: readonly number[]): Promise<readonly number[]> {
  const ids = new Set(await itemsFound(account, query, among))
  return among.filter((id) => ids.has(id))
}

async function foundOrTested(
  account: OpenAccount,
  { sure, words, needs, alternatives = 0 }: Plan,
  direct: Plan,
  among: readonly number[],
  progress: (done: number, all: number) => void,
): Promise<readonly number[]> {
  const met = new Set(sure === undefined ? [] : await itemsFound(account, sure, among))
  const rest = among.filter((id) => !met.has(id))
  const more =
    words !== undefined && rest.length * OPENING[needs] > alternatives
      ? await found(account, words, rest)
      : await tested(account, [direct], rest, progress)
  for (const id of more) met.add(id)
  return among.filter((id) => met.has(id))
}

/** All that wait: an import that came just now is read. */
const MOST_WAITING = 10_000_000

/** Those that meet every test. What the summary tells is asked of all before anything else is read. */
async function tested(
  account: OpenAccount,
  plans: readonly Plan[],
  ids: readonly number[],
  progress: (done: number, all: number) => void,
): Promise<readonly number[]> {
  let left = ids
  for (const needs of ['summary', 'header', 'content'] as const) {
    const tests = plans.flatMap(({ needs: its, test }) => (its === needs && test !== undefined ? [test] : []))
    if (tests.length === 0) continue
    const passed: number[] = []
    for (let at = 0; at < left.length; at += SLICE[needs]) {
      progress(at, left.length)
      const opened = await openMessages(account, left.slice(at, at + SLICE[needs]), { contents: needs !== 'summary' })
      for (const one of opened) {
        const letter = openLetter(account, one.summary, () => messageOf(account, one, needs))
        if (await holdsAll(tests, letter)) passed.push(one.id)
      }
      await turn()
    }
    left = passed
  }
  return left
}

async function holdsAll(tests: readonly ((letter: Letter) => Promise<boolean>)[], letter: Letter): Promise<boolean> {
  for (const test of tests) if (!(await test(letter))) return false
  return true
}

/** As much of a message as is needed: what follows its last text, such as files, is not read. */
function messageOf(
  account: OpenAccount,
  { summary, content }: OpenedMessage,
  needs: Needs,
): Promise<Message | undefined> {
  const end = needs === 'header' ? summary.structure.at[1] : endOfText(summary.structure)
  return content === undefined
    ? readMessage(account, summary.blob, end)
    : Promise.resolve(parseMessage(content.subarray(0, end)))
}

/** Where the last text ends, or the last header of something else. Depth is bounded by the parser. */
function endOfText({ type, at: [, begin, end], children = [], message }: PartSummary): number {
  const own = type.startsWith('text/') ? end : begin
  const within = message === undefined ? children : [...children, message]
  return within.reduce((most, part) => Math.max(most, endOfText(part)), own)
}

/**
 * @param vocabulary  undefined for messages that are opened without asking the index
 * @param count  of messages that are in question
 */
async function planKey(
  key: TextKey,
  account: OpenAccount,
  vocabulary: Vocabulary | undefined,
  count = 0,
): Promise<Plan> {
  if ('header' in key) return planHeader(key, account, vocabulary, count)
  const { field, needle, isFuzzy } = key
  const fields = field === 'text' ? TEXT_FIELDS : [field]
  const needs = fields.every((one) => Object.hasOwn(OF_SUMMARY, one)) ? 'summary' : 'content'
  if (needle === '') return { words: undefined, test: undefined, needs: 'summary' }
  const terms = isFuzzy ? needle : termsFor(needle)
  if (terms !== undefined) {
    const part = isFuzzy || vocabulary === undefined ? undefined : planPart(terms, fields, account, vocabulary, count)
    if (part !== undefined) return { words: undefined, test: undefined, needs, ...part }
    const { words, test } = planText(field, terms, { account, vocabulary, mostWords: MOST_WORDS })
    return { words, test, needs }
  }
  const isIn = containing(needle)
  return {
    words: undefined,
    test: async (letter) => isIn(await Promise.all(fields.map((one) => letter.text(one)))),
    needs,
  }
}

/** A part of a word, which the index answers alone; undefined for what is several. */
function planPart(
  terms: string,
  fields: readonly TextField[],
  account: OpenAccount,
  vocabulary: Vocabulary,
  count: number,
): Partial<Plan> | undefined {
  const [term] = termsOf(terms)
  if (term?.kind !== 'word') return undefined
  const numbers = fields.map((field) => FIELDS[field])
  const { words, areAll } = someWordsMeant(vocabulary, term, MOST_WORDS, numbers)
  const whole = anyOfWords(account, words, numbers)
  if (areAll && (words.size <= MANY_WORDS || whole.most < count)) return { words: whole }
  const countOf = (counts: Counts): number => numbers.reduce((sum, field) => sum + (counts[field] ?? 0), 0)
  const frequent = [...words]
    .map(([word, counts]) => ({ word, counts, count: countOf(counts) }))
    .sort((a, b) => b.count - a.count)
    .slice(0, FREQUENT)
  return {
    sure: anyOfWords(account, new Map(frequent.map(({ word, counts }) => [word, counts])), numbers),
    ...(areAll ? { words: whole } : {}),
    alternatives: words.size,
  }
}

/** Header fields that the summary has, as text; nothing where the field is missing. */
const HEADERS: Readonly<Record<string, (summary: Summary) => string | null>> = {
  from: ({ from }) => listText(from),
  sender: ({ sender }) => listText(sender),
  'reply-to': ({ replyTo }) => listText(replyTo),
  to: ({ to }) => listText(to),
  cc: ({ cc }) => listText(cc),
  bcc: ({ bcc }) => listText(bcc),
  subject: ({ subject }) => subject,
  'message-id': ({ messageId }) => idsText(messageId),
  'in-reply-to': ({ inReplyTo }) => idsText(inReplyTo),
  references: ({ references }) => idsText(references),
}

const listText = (list: EmailAddress[] | null): string | null =>
  list && list.map(({ name, email }) => (name === null ? email : `${name} <${email}>`)).join(', ')
const idsText = (ids: string[] | null): string | null => ids && ids.map((id) => `<${id}>`).join(' ')

/** Fields that are indexed as such: what is looked for in them is found by its words. */
const INDEXED: ReadonlySet<string> = new Set(['from', 'to', 'cc', 'bcc', 'subject'])

async function planHeader(
  { header, needle }: Extract<TextKey, { header: string }>,
  account: OpenAccount,
  vocabulary: Vocabulary | undefined,
  count: number,
): Promise<Plan> {
  const name = header.toLowerCase()
  if (needle !== '' && INDEXED.has(name))
    return planKey({ field: name as TextField, needle, isFuzzy: false }, account, vocabulary, count)
  const isIn = containing(needle)
  const textOf = Object.hasOwn(HEADERS, name) ? HEADERS[name] : undefined
  if (textOf !== undefined) {
    const test = async ({ summary }: Letter): Promise<boolean> => {
      const text = textOf(summary)
      return text !== null && isIn([text])
    }
    const words = name === 'message-id' && vocabulary ? await wordsOfId(account, vocabulary, needle) : undefined
    return { words, test, needs: 'summary' }
  }
  const test = async (letter: Letter): Promise<boolean> =>
    isIn(listedTexts(letter, name) ?? (await letter.header(name)))
  // What the summary has of it is asked first; letters that came before it was kept, or have too much of it, are read.
  const needs = isListed(name) ? 'summary' : 'header'
  const indexed = vocabulary && indexedName(name)
  if (vocabulary === undefined || indexed === undefined) return { words: undefined, test, needs }
  // Which letters have such a field the index knows.
  const words = anyOfWords(account, new Map([[indexed, countsOf(vocabulary, indexed)]]), [FIELDS.header])
  return { words, test: needle === '' ? undefined : test, needs }
}

/** The texts of a field, where the summary has those that programs list by. */
const listedTexts = ({ summary: { fields } }: Letter, name: string): string[] | undefined =>
  fields === undefined || !isListed(name)
    ? undefined
    : headerTexts(parseMessage(Buffer.from(`${fields}\r\n`, 'latin1')), name)

/** What finds the letters whose Message-ID has this in it; undefined where letters were indexed before Message-IDs were. */
async function wordsOfId(account: OpenAccount, vocabulary: Vocabulary, needle: string): Promise<Plan['words']> {
  const part = needle.trim().toLowerCase()
  if (part === '' || /\s/.test(part)) return undefined
  if (!(await areAllIndexedWith(account, vocabulary, { field: FIELDS.messageId, word: HAS_IDS }))) return undefined
  const term = { kind: 'word', forms: [part], isOpenBefore: true, isOpenAfter: true, stems: [] } as const
  const words = wordsMeant(vocabulary, term, MOST_WORDS, [FIELDS.messageId])
  return words && anyOfWords(account, words, [FIELDS.messageId])
}
