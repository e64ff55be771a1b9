import type { Day } from '../shell/calendar.ts'
import { dayAfter } from '../shell/calendar.ts'
import { namedDay, operatorOf, orWords, stateOf } from './operators.ts'
import type { Operator, State } from './operators.ts'

/** Where words may be looked for; `text` is everywhere. */
export type TextField = 'text' | 'from' | 'to' | 'cc' | 'bcc' | 'subject' | 'body' | 'filename'

/** One thing a search asks. */
export type Meaning =
  /** `value` is a word, "a phrase" in double quotes, begin* or *part*, as the server reads them. */
  | { kind: 'text'; field: TextField; value: string }
  | { kind: 'folder'; name: string }
  | { kind: 'label'; name: string }
  | { kind: 'state'; state: State }
  /** From the first day on, and before the second. */
  | { kind: 'dates'; from: Day | undefined; to: Day | undefined }
  | { kind: 'size'; bytes: number; than: 'larger' | 'smaller' }

/** A meaning, and where in the typed text it stands. */
export interface Term {
  meaning: Meaning
  not: boolean
  begin: number
  end: number
}

/** All groups have to be met, each by one of its terms. */
export type Query = Term[][]

/** Of a longer text, the rest is left alone. */
const longest = 1000
const mostTerms = 40

/** One piece of what was typed: a word or a value, perhaps after an operator. */
export interface Token {
  not: boolean
  operator: Operator | undefined
  /** The operator as it was typed. */
  name: string
  value: string
  isQuoted: boolean
  begin: number
  end: number
}

/**
 * Reads what was typed, as "from:anna subject:"big plans" -draft". What is no operator we know is looked for as it stands.
 * Takes time linear in the text.
 * @param today  for days that are named from it
 */
export function parseQuery(text: string, today: Day): Query {
  const query: Query = []
  let joins = false
  let count = 0
  for (const token of tokens(text.slice(0, longest))) {
    if (!token.operator && !token.isQuoted && !token.not && orWords.includes(token.value)) {
      joins = query.length > 0
      continue
    }
    const meaning = meaningOf(token, today)
    if (!meaning || ++count > mostTerms) continue
    const term: Term = { meaning, not: token.not, begin: token.begin, end: token.end }
    const last = query.at(-1)
    if (joins && last) last.push(term)
    else query.push([term])
    joins = false
  }
  return query
}

/** [-][name:]value, where a value in quotes may hold spaces and may lack its last quote. */
const token = /(-)?(?:([\p{L}-]{1,20}):(?:"([^"]*)(?:"|$)|(\S*))|"([^"]*)(?:"|$)|(\S+))/gu

function tokens(text: string): Token[] {
  return [...text.matchAll(token)].map((match) => {
    const [whole, minus, name] = match
    const [quoted, bare] = [match[3] ?? match[5], match[4] ?? match[6]]
    const operator = name === undefined ? undefined : operatorOf(name)
    const value = quoted ?? bare ?? ''
    return {
      not: minus !== undefined,
      operator,
      name: operator ? (name ?? '') : '',
      // A name that is none belongs to the words: "Re:Fahrplan".
      value: name !== undefined && !operator ? `${name}:${value}` : value,
      isQuoted: quoted !== undefined,
      begin: match.index,
      end: match.index + whole.length,
    }
  })
}

/** What is being typed where the caret stands: the piece that it touches, or an empty one. */
export function tokenAt(text: string, caret: number): Token {
  const found = tokens(text.slice(0, longest)).find(({ begin, end }) => begin < caret && caret <= end)
  return found ?? { not: false, operator: undefined, name: '', value: '', isQuoted: false, begin: caret, end: caret }
}

function meaningOf({ operator, value, isQuoted }: Token, today: Day): Meaning | undefined {
  if (!/[\p{L}\p{N}\p{S}]/u.test(value)) return undefined
  // The server's own sign for a phrase is the double quote, which cannot be within one.
  const words = isQuoted ? `"${value}"` : value.replaceAll('"', ' ')
  switch (operator) {
    case undefined:
      return { kind: 'text', field: 'text', value: words }
    case 'in':
      return { kind: 'folder', name: value }
    case 'label':
      return { kind: 'label', name: value }
    case 'has':
    case 'is': {
      const state = stateOf(value)
      return state && { kind: 'state', state }
    }
    case 'before':
    case 'after':
    case 'on': {
      const days = daysOf(value, today)
      if (!days) return undefined
      const [first, next] = days
      if (operator === 'before') return { kind: 'dates', from: undefined, to: first }
      return { kind: 'dates', from: first, to: operator === 'on' ? next : undefined }
    }
    case 'larger':
    case 'smaller': {
      const bytes = bytesOf(value)
      return bytes === undefined ? undefined : { kind: 'size', bytes, than: operator }
    }
    default:
      return { kind: 'text', field: operator, value: words }
  }
}

/** The first day of what is meant, and the first after it: a year, a month, a day, or one named from today. */
function daysOf(value: string, today: Day): [Day, Day] | undefined {
  const back = namedDay(value)
  if (back !== undefined) return [dayAfter(today, -back), dayAfter(today, 1 - back)]
  const ago = /^(\d{1,4})([dtjwmy])$/i.exec(value)
  if (ago) {
    const day = dayAfter(today, -Number(ago[1]) * (lengths[(ago[2] ?? '').toLowerCase()] ?? 1))
    return [day, dayAfter(day, 1)]
  }
  const written =
    /^(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?$/.exec(value) ??
    reversed(/^(?:(\d{1,2})[./])?(\d{1,2})[./](\d{4}|\d{2})$/.exec(value)) ??
    reversed(/^(\d{1,2})[./](\d{1,2})[./]?()$/.exec(value), today.slice(0, 4))
  if (!written) return undefined
  const [, year = '', month, day] = written
  const first = dayOf(year, month ?? '1', day ?? '1')
  if (!first) return undefined
  if (day) return [first, dayAfter(first, 1)]
  const next =
    month && month !== '12' ? dayOf(year, String(Number(month) + 1), '1') : dayOf(String(Number(year) + 1), '1', '1')
  return next === undefined ? undefined : [first, next]
}

/** Days in what a letter stands for; days are also "t" (Tage) and "j" (jours). */
const lengths: Record<string, number> = { d: 1, t: 1, j: 1, w: 7, m: 30, y: 365 }

function reversed(match: RegExpExecArray | null, year?: string): (string | undefined)[] | null {
  if (!match) return null
  const written = match[3] || year || ''
  return ['', written.length === 2 ? `20${written}` : written, match[2], match[1]]
}

function dayOf(year: string, month: string, day: string): Day | undefined {
  const written = `${year.padStart(4, '0')}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
  const date = new Date(`${written}T00:00:00Z`)
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(written) ? written : undefined
}

/** "5MB", "500k", "1,5 GB"; a number alone is megabytes. */
function bytesOf(value: string): number | undefined {
  const [, number = '', unit = ''] = /^(\d{1,6}(?:[.,]\d{1,3})?)\s*([kmg]?)[bo]?$/i.exec(value) ?? []
  if (number === '') return undefined
  const factor = { k: 1e3, m: 1e6, g: 1e9 }[unit.toLowerCase()] ?? 1e6
  return Math.round(Number(number.replace(',', '.')) * factor)
}

/** The text without a term, or with another in its place. */
export function replaceTerm(text: string, { begin, end }: { begin: number; end: number }, by = ''): string {
  const before = text.slice(0, begin).trimEnd()
  const after = text.slice(end).trimStart()
  return [before, by, after].filter(Boolean).join(' ')
}

/** A value as it has to be written after an operator. */
export function quoted(value: string): string {
  return /[\s"]/.test(value) ? `"${value.replaceAll('"', '')}"` : value
}
