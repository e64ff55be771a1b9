import { threadSubject, type EmailAddress } from '#formats/message'
import type { Condition, Found, Keywords } from '#items'
import type { OpenAccount } from '#storage'
import { byCodePoint, casemap } from '../casemap.ts'
import { allInThread, anyInThread, carries } from './filter.ts'
import type { Summary } from './summary.ts'

/** One thing to order by, RFC 8621 §4.4.2. */
export interface MessageOrder {
  property: SortProperty
  isAscending: boolean
  /** Of the properties that ask for one. */
  keyword?: string | undefined
}

type Key = number | string
type Keyed = 'hasKeyword' | 'allInThreadHaveKeyword' | 'someInThreadHaveKeyword'

/** What is known without opening anything. */
const OF_FOUND = {
  receivedAt: (found: Found) => found.receivedAt,
  size: (found: Found) => found.size,
}

const OF_SUMMARY = {
  from: ({ from }: Summary) => nameOf(from),
  to: ({ to }: Summary) => nameOf(to),
  subject: ({ subject }: Summary) => casemap(threadSubject(subject ?? '')),
  sentAt: ({ sentAt }: Summary) => (sentAt === null ? Number.NEGATIVE_INFINITY : Date.parse(sentAt)),
}

/** What the database answers. */
const OF_KEYWORD: Record<Keyed, (keyword: string, context: { account: OpenAccount; keywords: Keywords }) => Condition> =
  {
    hasKeyword: carries,
    allInThreadHaveKeyword: allInThread,
    someInThreadHaveKeyword: anyInThread,
  }

export type SortProperty = keyof typeof OF_FOUND | keyof typeof OF_SUMMARY | Keyed

export const SORT_PROPERTIES = [
  ...Object.keys(OF_FOUND),
  ...Object.keys(OF_SUMMARY),
  ...Object.keys(OF_KEYWORD),
] as SortProperty[]

/** Whether a property needs a keyword beside it. */
export const needsKeyword = (property: string): property is Keyed => Object.hasOwn(OF_KEYWORD, property)

/** Whether messages are wanted in the order in which they are found. */
export const isNewestFirst = ([first, ...others]: readonly MessageOrder[]): boolean =>
  first === undefined || (others.length === 0 && first.property === 'receivedAt' && !first.isAscending)

/** An order as it is worked through. */
export interface SortPlan {
  isNewestFirst: boolean
  needsSummary: boolean
  keysOf(found: Found, summary: Summary | undefined): Key[]
  compare(a: readonly Key[], b: readonly Key[]): number
}

/** @param also  conditions whose answers are needed are put in here. @throws Refusal 'invalid' for a keyword */
export function planSort(
  order: readonly MessageOrder[],
  context: { account: OpenAccount; keywords: Keywords },
  also: Condition[],
): SortPlan {
  const keys = order.map(({ property, keyword = '' }): ((found: Found, summary: Summary | undefined) => Key) => {
    if (needsKeyword(property)) {
      const index = also.push(OF_KEYWORD[property](keyword, context)) - 1
      return (found) => Number(found.also[index])
    }
    if (property === 'receivedAt' || property === 'size') return OF_FOUND[property]
    return (_found, summary) => OF_SUMMARY[property](summary as Summary)
  })
  const signs = order.map(({ isAscending }) => (isAscending ? 1 : -1))
  return {
    isNewestFirst: isNewestFirst(order),
    needsSummary: order.some(({ property }) => Object.hasOwn(OF_SUMMARY, property)),
    keysOf: (found, summary) => keys.map((key) => key(found, summary)),
    compare(a, b) {
      for (const [i, sign] of signs.entries()) {
        const [x, y] = [a[i] as Key, b[i] as Key]
        if (x !== y) return sign * (typeof x === 'string' ? byCodePoint(x, y as string) : x - (y as number))
      }
      return 0
    },
  }
}

function nameOf(addresses: EmailAddress[] | null): string {
  const [first] = addresses ?? []
  return casemap(first?.name || first?.email || '')
}
