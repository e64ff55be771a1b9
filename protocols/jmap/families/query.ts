import { z } from 'zod'
import type { OpenAccount } from '#storage'
import { id, int, object, orNull, state, unsignedInt } from '../calls/arguments.ts'
import { MethodError } from '../calls/errors.ts'
import { method, type CallSession, type Method } from '../calls/method.ts'
import { limits, MAX_QUERY_RESULTS } from '../limits.ts'
import { parseFilter, type Filter } from './filter.ts'

/** How to order results. RFC 8620 §5.5; further properties belong to the type, as `keyword` does to Email. */
export interface Comparator {
  property: string
  isAscending: boolean
  collation?: string | undefined
  [further: string]: unknown
}

/** What to look for and in which order. */
export interface Question<Condition, Args> {
  filter: Filter<Condition> | null
  /** Empty where the order is the server's choice. */
  sort: readonly Comparator[]
  args: Args
}

/** The part of the results that is wanted. */
export interface Window {
  /** Negative: from the end. Ignored when there is an anchor. */
  position: number
  anchor: string | null
  anchorOffset: number
  /** Already cut to what the server gives at most. */
  limit: number
  calculateTotal: boolean
}

export interface QueryResult {
  queryState: string
  canCalculateChanges: boolean
  position: number
  ids: readonly string[]
  /** Needed when `calculateTotal` was asked for. */
  total?: number | undefined
}

export interface QueryDescription<Conditions extends z.ZodRawShape, Shape extends z.ZodRawShape> {
  type: string
  /** What a FilterCondition may say. */
  conditions: Conditions
  /** Properties that results can be ordered by. */
  sorts: readonly string[]
  args?: Shape
}

type Condition<Shape extends z.ZodRawShape> = Partial<z.output<z.ZodObject<Shape>>>
type Args<Shape extends z.ZodRawShape> = z.output<z.ZodObject<Shape>>

/** A method `Foo/query`. RFC 8620 §5.5. */
export function queryMethod<Conditions extends z.ZodRawShape, Shape extends z.ZodRawShape = Record<string, never>>(
  description: QueryDescription<Conditions, Shape> & {
    /** @throws MethodError 'anchorNotFound', 'unsupportedFilter', 'unsupportedSort' */
    run(
      session: CallSession,
      account: OpenAccount,
      question: Question<Condition<Conditions>, Args<Shape>>,
      window: Window,
    ): Promise<QueryResult>
  },
): Method {
  return method({
    name: `${description.type}/query`,
    args: z.strictObject({
      ...questionArguments,
      position: int.default(0),
      anchor: orNull(id),
      anchorOffset: int.default(0),
      limit: orNull(unsignedInt),
      calculateTotal: z.boolean().default(false),
      ...description.args,
    }),
    async run(session, checked) {
      const { accountId, filter, sort, position, anchor, anchorOffset, limit, calculateTotal, ...args } =
        checked as QuestionArguments & Omit<Window, 'limit'> & { limit: number | null }
      const account = session.openAccount(accountId)
      const most = Math.min(limit ?? MAX_QUERY_RESULTS, MAX_QUERY_RESULTS)
      const question = checkQuestion(description, { filter, sort }, args as unknown as Args<Shape>)
      const window = { position, anchor, anchorOffset, limit: most, calculateTotal }
      const { total, ...result } = await description.run(session, account, question, window)
      return {
        accountId,
        ...result,
        ...(calculateTotal && total !== undefined ? { total } : {}),
        // Only when it is not the client's own.
        ...(limit === most || (limit === null && result.ids.length < most) ? {} : { limit: most }),
      }
    },
  })
}

interface QuestionArguments {
  accountId: string
  filter: Record<string, unknown> | null
  sort: z.output<typeof Comparators>
}

const Comparators = orNull(
  z
    .array(
      z.looseObject({ property: z.string(), isAscending: z.boolean().default(true), collation: z.string().optional() }),
    )
    .max(16),
)

/** The arguments that /query and /queryChanges share. */
const questionArguments = { accountId: id, filter: orNull(object), sort: Comparators }

function checkQuestion<Conditions extends z.ZodRawShape, Shape extends z.ZodRawShape>(
  { conditions, sorts }: QueryDescription<Conditions, Shape>,
  { filter, sort }: Pick<QuestionArguments, 'filter' | 'sort'>,
  args: Args<Shape>,
): Question<Condition<Conditions>, Args<Shape>> {
  const collations: readonly string[] = limits.collationAlgorithms
  for (const [index, { property, collation }] of (sort ?? []).entries()) {
    if (!sorts.includes(property))
      throw new MethodError('unsupportedSort', `sort/${index}: no such property to sort by`)
    if (collation !== undefined && !collations.includes(collation))
      throw new MethodError('unsupportedSort', `sort/${index}: no such collation`)
  }
  return { filter: filter === null ? null : parseFilter(filter, conditions), sort: sort ?? [], args }
}

/** Cuts the window out of a list that is at hand as a whole. @throws MethodError 'anchorNotFound' */
export function windowOf(ids: readonly string[], window: Window): Pick<QueryResult, 'position' | 'ids' | 'total'> {
  let position = window.position < 0 ? window.position + ids.length : window.position
  if (window.anchor !== null) {
    const at = ids.indexOf(window.anchor)
    if (at === -1) throw new MethodError('anchorNotFound')
    position = at + window.anchorOffset
  }
  position = Math.max(0, position)
  return { position, ids: ids.slice(position, position + window.limit), total: ids.length }
}

export interface QueryChanges {
  newQueryState: string
  removed: readonly string[]
  added: readonly { id: string; index: number }[]
  total?: number | undefined
}

/** A method `Foo/queryChanges`. RFC 8620 §5.6. */
export function queryChangesMethod<
  Conditions extends z.ZodRawShape,
  Shape extends z.ZodRawShape = Record<string, never>,
>(
  description: QueryDescription<Conditions, Shape> & {
    /** @throws Refusal 'cannotCalculateChanges'; MethodError 'tooManyChanges' as soon as there are more than `most` */
    run(
      session: CallSession,
      account: OpenAccount,
      question: Question<Condition<Conditions>, Args<Shape>>,
      since: { queryState: string; upToId: string | null; calculateTotal: boolean; most: number | null },
    ): Promise<QueryChanges>
  },
): Method {
  return method({
    name: `${description.type}/queryChanges`,
    args: z.strictObject({
      ...questionArguments,
      sinceQueryState: state,
      maxChanges: orNull(unsignedInt),
      upToId: orNull(id),
      calculateTotal: z.boolean().default(false),
      ...description.args,
    }),
    async run(session, checked) {
      const { accountId, filter, sort, sinceQueryState, maxChanges, upToId, calculateTotal, ...args } =
        checked as QuestionArguments & SinceArguments
      const account = session.openAccount(accountId)
      const question = checkQuestion(description, { filter, sort }, args as unknown as Args<Shape>)
      const since = { queryState: sinceQueryState, upToId, calculateTotal, most: maxChanges }
      const { total, ...changes } = await description.run(session, account, question, since)
      if (maxChanges !== null && changes.removed.length + changes.added.length > maxChanges)
        throw new MethodError('tooManyChanges')
      return {
        accountId,
        oldQueryState: sinceQueryState,
        ...changes,
        ...(calculateTotal && total !== undefined ? { total } : {}),
      }
    },
  })
}

interface SinceArguments {
  sinceQueryState: string
  maxChanges: number | null
  upToId: string | null
  calculateTotal: boolean
}
