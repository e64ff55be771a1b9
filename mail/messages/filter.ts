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
  type Condition,
  type Keywords,
} from '#items'
import type { OpenAccount } from '#storage'
import { bitOfKeyword, keywordName } from './keywords.ts'
import type { Summary } from './summary.ts'
import { matcher, textOf, type Searched } from './match.ts'

/** What a message must be like; all that is named must hold. RFC 8621 §4.4.1. */
export interface MessageCondition {
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
  from?: string | undefined
  to?: string | undefined
  cc?: string | undefined
  bcc?: string | undefined
  subject?: string | undefined
}

/** Conditions under operators. NOT means that none holds. Whoever hands one in has bounded it. */
export type MessageFilter = MessageCondition | { operator: 'AND' | 'OR' | 'NOT'; conditions: MessageFilter[] }

/** A filter as it is worked through. */
export interface Plan {
  /** The mailbox that all of it lies in, whose index is then walked. */
  folderId: number | undefined
  /** What the database decides. */
  where: Condition
  /** What it answers for the rest. */
  also: Condition[]
  /** What is left, for which the summary must be opened; undefined when nothing is. */
  rest: ((also: readonly boolean[], summary: Summary) => boolean) | undefined
}

type Structural = Exclude<keyof MessageCondition, Searched>
type Given<Name extends keyof MessageCondition> = NonNullable<MessageCondition[Name]>

interface Context {
  account: OpenAccount
  keywords: Keywords
}

/** What can be decided without opening a summary. */
const STRUCTURAL: { [Name in Structural]: (value: Given<Name>, context: Context) => Condition } = {
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
export function carries(keyword: string, { keywords }: Context): Condition {
  const name = keywordName(keyword)
  const bit = bitOfKeyword(name)
  if (bit !== undefined) return hasFlags(bit)
  const number = keywords.numbers.get(name)
  return number === undefined ? anyOf([]) : hasKeyword(number)
}

/** That a thread has a keyword on all of its messages, or on some. */
export const allInThread = (keyword: string, context: Context): Condition =>
  STRUCTURAL.allInThreadHaveKeyword(keyword, context)
export const anyInThread = (keyword: string, context: Context): Condition =>
  STRUCTURAL.someInThreadHaveKeyword(keyword, context)

/** Part of a filter: a condition for the database, or a test for which summaries must be opened. */
type Piece = { condition: Condition } | { test: (also: readonly boolean[], summary: Summary) => boolean }

/** Divides a filter into what the database decides and what is left. @throws Refusal 'invalid' for a keyword */
export function planFilter(filter: MessageFilter | null, context: Context): Plan {
  const also: Condition[] = []
  const conjuncts = filter === null ? [] : conjunctsOf(filter)
  const mailbox = conjuncts.find((one) => 'inMailbox' in one)
  const pieces = conjuncts.filter((one) => one !== mailbox).map((one) => pieceOf(one, context, also))
  const tests = pieces.flatMap((piece) => ('test' in piece ? [piece.test] : []))
  return {
    folderId: mailbox?.inMailbox,
    where: allOf(pieces.flatMap((piece) => ('condition' in piece ? [piece.condition] : []))),
    also,
    rest: tests.length === 0 ? undefined : (answers, summary) => tests.every((test) => test(answers, summary)),
  }
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
  if (!('operator' in filter))
    return all(
      named(filter).map(([name, value]) => leaf(name, value, context)),
      also,
    )
  const pieces = filter.conditions.map((one) => pieceOf(one, context, also))
  if (filter.operator === 'AND') return all(pieces, also)
  // A OR B is NOT (NOT A AND NOT B); NOT is that none holds.
  const none = all(pieces.map(negated), also)
  return filter.operator === 'NOT' ? none : negated(none)
}

function leaf(name: string, value: unknown, context: Context): Piece {
  if (Object.hasOwn(STRUCTURAL, name)) {
    const make = STRUCTURAL[name as Structural] as (value: unknown, context: Context) => Condition
    return { condition: make(value, context) }
  }
  const matches = matcher(value as string)
  return { test: (_also, summary) => matches(textOf(summary, name as Searched)) }
}

function all(pieces: Piece[], also: Condition[]): Piece {
  const condition = allOf(pieces.flatMap((piece) => ('condition' in piece ? [piece.condition] : [])))
  const tests = pieces.flatMap((piece) => ('test' in piece ? [piece.test] : []))
  if (tests.length === 0) return { condition }
  if (tests.length === pieces.length)
    return { test: (answers, summary) => tests.every((test) => test(answers, summary)) }
  const index = also.push(condition) - 1
  return { test: (answers, summary) => answers[index] === true && tests.every((test) => test(answers, summary)) }
}

const negated = (piece: Piece): Piece =>
  'condition' in piece
    ? { condition: not(piece.condition) }
    : { test: (answers, summary) => !piece.test(answers, summary) }
