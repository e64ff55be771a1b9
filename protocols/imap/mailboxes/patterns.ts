import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { decodeUtf7 } from '#formats/utf7'
import type { Session } from '../session.ts'
import { SEPARATOR } from './paths.ts'

/** Patterns of one command. */
const MOST_PATTERNS = 1000

/** Characters of a pattern and its reference together. */
const MOST_PATTERN = 2000

/**
 * Steps that the patterns of one command may take in all. What people ask for takes some 100,000 in the largest account;
 * a pattern that would take more matches nothing (RFC 9051 §6.3.9: what is not accepted "MUST be silently ignored").
 */
export const MOST_STEPS = 20_000_000

/** How many steps are left. */
export interface Steps {
  left: number
}

class TooManySteps extends Error {}

const INBOX = 'INBOX'

export interface GivenPatterns {
  /** Each behind the reference. */
  patterns: string[]
  /** Whether they came in parentheses. */
  isList: boolean
}

/**
 * mailbox SP mbox-or-pat: the reference, and patterns in its context, which are simply put behind it (RFC 9051 §6.3.9).
 * What cannot be a name matches nothing; in parentheses so does an empty one.
 * @throws BadCommand
 */
export function readPatterns(input: Input, { utf8 }: Session, { mayBeList = true } = {}): GivenPatterns {
  const reference = input.mailbox()
  input.space()
  const isList = mayBeList && input.peek() === '('
  const given = isList ? input.list(() => input.pattern()) : [input.pattern()]
  if (given.length === 0 || given.length > MOST_PATTERNS) throw new BadCommand('That is no list of patterns')
  if (!isList && given[0] === '') return { patterns: [''], isList }
  const decoded = given
    .filter((pattern) => pattern !== '')
    .map((pattern) => (utf8 ? reference + pattern : decodeUtf7(reference + pattern)))
  return {
    patterns: decoded.filter((pattern) => pattern !== undefined).map((pattern) => pattern.normalize('NFC')),
    isList,
  }
}

/** The paths that one of the patterns matches. */
export function matchingPaths(patterns: readonly string[], all: ReadonlyMap<string, unknown>): Set<string> {
  const steps = { left: MOST_STEPS }
  const matched = new Set(patterns.flatMap((pattern) => [...matching(pattern, all.keys(), steps)]))
  // In the order of all.
  return new Set([...all.keys()].filter((path) => matched.has(path)))
}

/**
 * The paths that a pattern matches: "*" stands for anything, "%" for anything without a separator. All places of the
 * pattern that can be reached are followed at once, so that a path costs at most its length times the pattern's.
 * @param steps  what is used is taken off
 */
export function matching(pattern: string, paths: Iterable<string>, steps: Steps): Set<string> {
  const found = new Set<string>()
  // Wildcards beside each other are as good as one.
  const wanted = pattern.replace(/[*%]*\*[*%]*/g, '*').replace(/%+/g, '%')
  if (wanted.length > MOST_PATTERN) return found
  try {
    for (const path of paths) if (matches(wanted, path, steps)) found.add(path)
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error
    found.clear()
  }
  return found
}

function matches(pattern: string, path: string, steps: Steps): boolean {
  const { length } = pattern
  const isInbox = path.startsWith(INBOX) && (path.length === INBOX.length || path[INBOX.length] === SEPARATOR)
  let places = reach(pattern, [], 0)
  for (let at = 0; at < path.length && places.length > 0; at++) {
    steps.left -= places.length
    if (steps.left < 0) throw new TooManySteps()
    const char = path[at] as string
    // INBOX is found in whatever case (RFC 9051 §5.1).
    const other = isInbox && at < INBOX.length ? char.toLowerCase() : char
    const next: number[] = []
    for (const place of places) {
      const token = pattern[place]
      if (token === '*' || (token === '%' && char !== SEPARATOR)) reach(pattern, next, place)
      else if (token !== '%' && (token === char || token === other)) reach(pattern, next, place + 1)
    }
    places = next
  }
  return places.at(-1) === length
}

/** Adds a place, and those behind it that are reached by a wildcard standing for nothing; places are ascending. */
function reach(pattern: string, places: number[], first: number): number[] {
  for (let place = first; ; place++) {
    if ((places.at(-1) ?? -1) < place) places.push(place)
    const token = pattern[place]
    if (token !== '*' && token !== '%') return places
  }
}
