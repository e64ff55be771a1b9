import {
  allOf,
  anyOf,
  FLAG,
  hasFlags,
  hasKeyword,
  inFolder,
  inFolderOtherThan,
  not,
  receivedBefore,
  receivedSince,
  sizeAtLeast,
  someInThread,
  everyQuery,
  foundBy,
  noQuery,
  someQuery,
  type Condition,
  type Keywords,
  type WordsQuery,
} from '#items'
import { planText, type TextConditions, type TextContext } from '../search/condition.ts'
import type { Letter } from '../search/letter.ts'
import { bitOfKeyword, keywordName } from './keywords.ts'

/** What a message must be like; all that is named must hold. RFC 8621 §4.4.1. */
export interface MessageCondition extends Partial<{
  [Name in keyof TextConditions]: TextConditions[Name] | undefined
}> {
  inMailbox?: number | undefined
  inMailboxOtherThan?: number[] | undefined
  before?: Date | undefined
  after?: Date | undefined
  /** Bytes. */
  minSize?: number | undefined
  maxSize?: number | undefined
  allInThreadHaveKeyword?: string | undefined
  someInThreadHaveKeyword?: string | undefined
  noneInThreadHaveKeyword?: string | undefined
  hasKeyword?: string | undefined
  notKeyword?: string | undefined
  hasAttachment?: boolean | undefined
}

/** Conditions under operators. NOT means that none holds. Whoever hands one in has bounded it. */
export type MessageFilter = MessageCondition | { operator: 'AND' | 'OR' | 'NOT'; conditions: MessageFilter[] }

/** A filter as it is worked through. */
export interface Plan {
  /** The mailbox that all of it lies in, whose index is then walked. */
  folderId: number | undefined
  /** What the database decides. */
  where: Condition
  /** What the index must find. */
  words: WordsQuery | undefined
  /** What the database answers for the rest. */
  also: Condition[]
  /** What is left, for which the letter must be opened; undefined when nothing is. */
  rest: Test | undefined
}

/** What only a letter itself can say. */
export interface Test {
  /** Whether its content is needed, and not the summary alone. */
  needsContent: boolean
  holds(also: readonly boolean[], letter: Letter): Promise<boolean>
}

type Structural = Exclude<keyof MessageCondition, keyof TextConditions>
type Given<Name extends keyof MessageCondition> = NonNullable<MessageCondition[Name]>

interface Context extends TextContext {
  keywords: Keywords
}

type Threaded = Pick<Context, 'account' | 'keywords'>

/** What can be decided without opening a summary. */
const STRUCTURAL: { [Name in Structural]: (value: Given<Name>, context: Threaded) => Condition } = {
  inMailbox: (id, { account }) => inFolder(account, id),
  inMailboxOtherThan: (ids, { account }) => inFolderOtherThan(account, ids),
  before: receivedBefore,
  after: receivedSince,
  minSize: sizeAtLeast,
  maxSize: (bytes) => not(sizeAtLeast(bytes)),
  hasKeyword: carries,
  notKeyword: (name, context) => not(carries(name, context)),
  someInThreadHaveKeyword: (name, context) => someInThread(context.account, carries(name, context)),
  noneInThreadHaveKeyword: (name, context) => not(someInThread(context.account, carries(name, context))),
  allInThreadHaveKeyword: (name, context) => not(someInThread(context.account, not(carries(name, context)))),
  hasAttachment: (value) => (value ? hasFlags(FLAG.hasAttachment) : not(hasFlags(FLAG.hasAttachment))),
}

/** That a message has a keyword. @throws Refusal 'invalid' for what can be none */
export function carries(keyword: string, { keywords }: Pick<Context, 'keywords'>): Condition {
  const name = keywordName(keyword)
  const bit = bitOfKeyword(name)
  if (bit !== undefined) return hasFlags(bit)
  const number = keywords.numbers.get(name)
  return number === undefined ? anyOf([]) : hasKeyword(number)
}

/** That a thread has a keyword on all of its messages, or on some. */
export const allInThread = (keyword: string, context: Threaded): Condition =>
  STRUCTURAL.allInThreadHaveKeyword(keyword, context)
export const anyInThread = (keyword: string, context: Threaded): Condition =>
  STRUCTURAL.someInThreadHaveKeyword(keyword, context)

/** Part of a filter: what must hold of a message, as far as each can tell. All that is given must. */
interface Piece {
  condition?: Condition
  words?: WordsQuery
  test?: Test
}

/** Divides a filter into what the database decides and what is left. @throws Refusal 'invalid' for a keyword */
export function planFilter(filter: MessageFilter | null, context: Context): Plan {
  const also: Condition[] = []
  const conjuncts = filter === null ? [] : conjunctsOf(filter)
  const mailbox = conjuncts.find((one) => 'inMailbox' in one)
  const pieces = conjuncts.filter((one) => one !== mailbox).map((one) => pieceOf(one, context, also))
  const { condition, words, test } = all(pieces)
  return { folderId: mailbox?.inMailbox, where: condition ?? allOf([]), words, also, rest: test }
}

/** The conditions that must all hold, each with one property or under an operator other than AND. */
function conjunctsOf(filter: MessageFilter): (MessageFilter & { inMailbox?: number })[] {
  if (!('operator' in filter)) return named(filter).map(([name, value]) => ({ [name]: value }))
  if (filter.operator === 'AND') return filter.conditions.flatMap(conjunctsOf)
  const [only, ...others] = filter.conditions
  return filter.operator === 'OR' && only !== undefined && others.length === 0 ? conjunctsOf(only) : [filter]
}

const named = (condition: MessageCondition): [string, unknown][] =>
  Object.entries(condition).filter(([, value]) => value !== undefined)

function pieceOf(filter: MessageFilter, context: Context, also: Condition[]): Piece {
  if (!('operator' in filter)) return all(named(filter).map(([name, value]) => leaf(name, value, context)))
  const pieces = filter.conditions.map((one) => pieceOf(one, context, also))
  if (filter.operator === 'AND') return all(pieces)
  const some = any(pieces, context, also)
  return filter.operator === 'OR' ? some : negated(some, context, also)
}

function leaf(name: string, value: unknown, context: Context): Piece {
  if (Object.hasOwn(STRUCTURAL, name)) {
    const make = STRUCTURAL[name as Structural] as (value: unknown, context: Context) => Condition
    return { condition: make(value, context) }
  }
  const { words, test, needsContent } = planText(name as keyof TextConditions, value as string, context)
  return {
    ...(words === undefined ? {} : { words }),
    ...(test === undefined ? {} : { test: { needsContent, holds: (_also, letter) => test(letter) } }),
  }
}

function all(pieces: readonly Piece[]): Piece {
  const conditions = pieces.flatMap(({ condition }) => condition ?? [])
  const words = pieces.flatMap(({ words }) => words ?? [])
  // Those that the summary answers come first.
  const tests = pieces.flatMap(({ test }) => test ?? []).sort((a, b) => Number(a.needsContent) - Number(b.needsContent))
  return {
    ...(conditions.length === 0 ? {} : { condition: allOf(conditions) }),
    ...(words.length === 0 ? {} : { words: everyQuery(words) }),
    ...(tests.length === 0 ? {} : { test: together(tests) }),
  }
}

function together(tests: readonly Test[]): Test {
  const [only, ...others] = tests as [Test, ...Test[]]
  if (others.length === 0) return only
  return {
    needsContent: tests.some(({ needsContent }) => needsContent),
    async holds(also, letter) {
      for (const test of tests) if (!(await test.holds(also, letter))) return false
      return true
    },
  }
}

/** Whether one of the pieces holds. */
function any(pieces: readonly Piece[], context: Context, also: Condition[]): Piece {
  const isExact = pieces.every(({ test }) => test === undefined)
  const onlyWords = pieces.every(({ condition, words }) => condition === undefined && words !== undefined)
  const words = onlyWords ? { words: someQuery(pieces.flatMap(({ words }) => words ?? [])) } : {}
  if (isExact && onlyWords && pieces.length > 0) return words
  if (isExact) return { condition: anyOf(pieces.map((piece) => known(piece, context))) }
  const parts = pieces.map((piece) => ({ index: also.push(known(piece, context)) - 1, test: piece.test }))
  return {
    ...words,
    test: {
      needsContent: parts.some(({ test }) => test?.needsContent),
      async holds(answers, letter) {
        for (const { index, test } of parts)
          if (answers[index] === true && (test === undefined || (await test.holds(answers, letter)))) return true
        return false
      },
    },
  }
}

function negated(piece: Piece, context: Context, also: Condition[]): Piece {
  const { condition, words, test } = piece
  if (test === undefined && condition === undefined && words !== undefined) return { words: noQuery(words) }
  if (test === undefined) return { condition: not(known(piece, context)) }
  const index = also.push(known(piece, context)) - 1
  return {
    test: {
      needsContent: test.needsContent,
      holds: async (answers, letter) => !(answers[index] === true && (await test.holds(answers, letter))),
    },
  }
}

/** What the database can say of a piece. */
const known = ({ condition, words }: Piece, { account }: Context): Condition =>
  allOf([...(condition === undefined ? [] : [condition]), ...(words === undefined ? [] : [foundBy(account, words)])])
