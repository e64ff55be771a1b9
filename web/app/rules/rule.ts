/** One rule, as the page shows it. What each part is called in Sieve stands in `sieve.ts`. */
export interface Rule {
  name: string
  isOn: boolean
  match: Match
  /** None where every letter is meant. */
  conditions: Condition[]
  /** Written in the order of `inOrder`. */
  actions: Action[]
  /** No rule after this one looks at the letter. A letter that is refused is done with. */
  stops: boolean
}

export const matches = ['all', 'any', 'every'] as const
export type Match = (typeof matches)[number]

export const fields = ['from', 'to', 'mine', 'subject', 'list', 'text', 'header', 'size', 'known'] as const
export type Field = (typeof fields)[number]
export type How = 'contains' | 'is' | 'domain' | 'exists' | 'over' | 'under'

export interface Condition {
  field: Field
  how: How
  isNot: boolean
  /** Of the header field, where any can be asked for; else empty. */
  name: string
  /** Of a size a whole number with K or M; empty where nothing is compared. */
  value: string
}

/** What can be asked of each field, the usual first. */
export const hows: Record<Field, readonly How[]> = {
  from: ['contains', 'is', 'domain'],
  to: ['contains', 'is', 'domain'],
  mine: ['is'],
  subject: ['contains', 'is'],
  list: ['contains', 'exists'],
  text: ['contains'],
  header: ['contains', 'is', 'exists'],
  size: ['over', 'under'],
  known: ['exists'],
}

export type Action =
  | { kind: 'read' | 'star' | 'trash' }
  /** A keyword (RFC 8621 §4.1.1). */
  | { kind: 'label'; keyword: string }
  | { kind: 'forward'; address: string; isKept: boolean }
  /** By its id, so that it may be renamed; by its path, for people and where the id is gone. */
  | { kind: 'folder'; id: string | undefined; path: string }
  | { kind: 'refuse'; text: string }

/** The order in which they are written: marks count for what comes after them. */
export const actionKinds = ['read', 'star', 'label', 'forward', 'folder', 'trash', 'refuse'] as const
export type ActionKind = Action['kind']

export const inOrder = (actions: readonly Action[]): Action[] =>
  actions.toSorted((a, b) => actionKinds.indexOf(a.kind) - actionKinds.indexOf(b.kind))

/** Whether a condition is compared with something that somebody types. */
export const hasValue = ({ field, how }: Pick<Condition, 'field' | 'how'>): boolean =>
  field !== 'known' && how !== 'exists'

/** Longest value, name of a rule, and words of a refusal, in UTF-16 units. Conditions and actions of one rule. */
export const most = { value: 500, name: 200, words: 2000, conditions: 30, actions: 12 }

/** Why a rule cannot be kept, in the words of `rule.wrong…`, and at which condition or action. */
export interface Wrong {
  reason:
    | 'noCondition'
    | 'noAction'
    | 'value'
    | 'address'
    | 'domain'
    | 'headerName'
    | 'size'
    | 'folder'
    | 'label'
    | 'words'
    | 'refusedAndMore'
    | 'twoPlaces'
    | 'expands'
  condition?: number
  action?: number
}

/** An address without what `:matches` (RFC 5228 §2.7.1) would read as more than itself. */
const ADDRESS = /^[^\s@*?\\"<>,;:()]+@[^\s@*?\\"<>,;:()]+$/
const DOMAIN = /^[^\s@*?\\"<>,;:()]+$/
/** RFC 5322 §3.6.8. */
const HEADER_NAME = /^[!-9;-~]+$/
/** Up to the largest number of Sieve, 4 GB less one (RFC 5228 §2.4.1). */
const SIZE = /^[1-9]\d{0,5}K$|^[1-9]\d{0,2}M$|^[1-3]\d{3}M$/

export function faultsOf(rule: Rule, expands: boolean): Wrong[] {
  const { match, conditions, actions } = rule
  const found: Wrong[] = []
  if (match !== 'every' && conditions.length === 0) found.push({ reason: 'noCondition' })
  // One that only ends the rules is an exception to those below it.
  if (actions.length === 0 && !rule.stops) found.push({ reason: 'noAction' })
  for (const [condition, one] of conditions.entries()) {
    const reason = faultOfCondition(one) ?? (expands && isExpanded(one.name + one.value) ? 'expands' : undefined)
    if (reason) found.push({ reason, condition })
  }
  for (const [action, one] of actions.entries()) {
    const reason = faultOfAction(one) ?? (expands && isExpanded(Object.values(one).join()) ? 'expands' : undefined)
    if (reason) found.push({ reason, action })
  }
  const kinds = actions.map(({ kind }) => kind)
  // RFC 5429 §2.4: whoever refuses a letter has not taken it.
  const refused = kinds.indexOf('refuse')
  if (refused !== -1 && kinds.some((kind) => kind !== 'refuse'))
    found.push({ reason: 'refusedAndMore', action: refused })
  const trashed = kinds.indexOf('trash')
  if (trashed !== -1 && kinds.includes('folder')) found.push({ reason: 'twoPlaces', action: trashed })
  return found
}

function faultOfCondition({ field, how, name, value }: Condition): Wrong['reason'] | undefined {
  if (field === 'header' && !HEADER_NAME.test(name)) return 'headerName'
  if (!hasValue({ field, how })) return undefined
  if (field === 'size') return SIZE.test(value) ? undefined : 'size'
  if (field === 'mine') return ADDRESS.test(value) ? undefined : 'address'
  if (how === 'domain') return DOMAIN.test(value) ? undefined : 'domain'
  return value === '' || value.length > most.value ? 'value' : undefined
}

function faultOfAction(action: Action): Wrong['reason'] | undefined {
  if (action.kind === 'forward') return ADDRESS.test(action.address) ? undefined : 'address'
  if (action.kind === 'folder') return action.path === '' ? 'folder' : undefined
  if (action.kind === 'label') return action.keyword === '' ? 'label' : undefined
  if (action.kind === 'refuse') return action.text === '' || action.text.length > most.words ? 'words' : undefined
  return undefined
}

/** RFC 5229 §3, RFC 5228 §2.4.2.4: in a script with such an extension this is more than its letters. */
export const isExpanded = (text: string): boolean => text.includes('${')

/** What people type as it is kept: on one line where it stands on one, without blanks around, a domain without its "@". */
export function tidy(rule: Rule): Rule {
  const { name, match, conditions, actions, stops } = rule
  const refuses = actions.some(({ kind }) => kind === 'refuse')
  return {
    name: line(name).slice(0, most.name),
    isOn: rule.isOn,
    match,
    conditions: match === 'every' ? [] : conditions.map(tidyCondition),
    actions: actions.map(tidyAction),
    stops: stops || refuses,
  }
}

function tidyCondition({ field, how, isNot, name, value }: Condition): Condition {
  const trimmed = line(value)
  const kept = how === 'domain' ? trimmed.replace(/^@/, '') : trimmed
  return {
    field,
    how,
    isNot,
    name: field === 'header' ? name.trim() : '',
    value: hasValue({ field, how }) ? kept : '',
  }
}

function tidyAction(action: Action): Action {
  if (action.kind === 'forward') return { ...action, address: action.address.trim() }
  if (action.kind === 'refuse') return { ...action, text: lines(action.text) }
  return action
}

/** Without control characters, which other programs show in ways of their own. */
const line = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim()

/** RFC 5228 §8.1: a string's lines end with CRLF. */
const lines = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\r\n?/g, '\n')
    .replace(/[^\P{Cc}\n\t]/gu, '')
    .trim()
    .replaceAll('\n', '\r\n')
