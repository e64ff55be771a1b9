import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { specialUseOf } from '#mail'
import { SEPARATOR, type Mailbox } from './paths.ts'

/** What a mailbox must be like, and what it says of itself in CHILDINFO. RFC 9051 §6.3.9.1, RFC 6154 §4. */
const CRITERIA: Readonly<Record<string, (mailbox: Mailbox) => boolean>> = {
  SUBSCRIBED: ({ isSubscribed }) => isSubscribed,
  'SPECIAL-USE': (mailbox) => specialUseOf(mailbox) !== undefined,
}

/** REMOTE adds mailboxes elsewhere, of which there are none (RFC 9051 §6.3.9.1). */
const MODIFIERS = new Set(['REMOTE', 'RECURSIVEMATCH'])

export interface Selection {
  /** All must hold. */
  criteria: string[]
  /** Also mailboxes for what is in them. */
  isRecursive: boolean
}

/** list-select-opts. RFC 9051 §9. @throws BadCommand */
export function readSelection(input: Input): Selection {
  const options = new Set(input.list(() => input.word()))
  for (const option of options)
    if (!Object.hasOwn(CRITERIA, option) && !MODIFIERS.has(option))
      throw new BadCommand('There is no such selection option')
  const criteria = [...options].filter((option) => !MODIFIERS.has(option))
  const isRecursive = options.has('RECURSIVEMATCH')
  if (isRecursive && criteria.length === 0) throw new BadCommand('RECURSIVEMATCH goes with another option')
  return { criteria, isRecursive }
}

export interface Selected {
  mailbox: Mailbox
  /** It meets the criteria itself, and is not there only for what is in it. */
  isMeant: boolean
  /** Something in it meets the criteria: CHILDINFO is said. */
  hasMeant: boolean
}

/**
 * The mailboxes that a LIST is about, the inbox first and the others in the order of their paths. One that is there only
 * for what is in it is left out when all of that is in the answer itself (RFC 9051 §6.3.9.6).
 * @param matched  the paths that match one of the patterns
 */
export function select(
  all: ReadonlyMap<string, Mailbox>,
  matched: ReadonlySet<string>,
  { criteria, isRecursive }: Selection,
): Selected[] {
  const meant = new Set<string>()
  for (const [path, mailbox] of all)
    if (criteria.every((name) => (CRITERIA[name] as (mailbox: Mailbox) => boolean)(mailbox))) meant.add(path)
  const above = isRecursive ? ancestors(meant) : new Set<string>()
  const aboveOthers = isRecursive ? ancestors([...meant].filter((path) => !matched.has(path))) : above
  const selected: Selected[] = []
  for (const path of matched) {
    const isMeant = meant.has(path)
    if (isMeant || aboveOthers.has(path))
      selected.push({ mailbox: all.get(path) as Mailbox, isMeant, hasMeant: above.has(path) })
  }
  return selected.sort((a, b) => order(a.mailbox, b.mailbox))
}

/** The paths of all mailboxes that these lie in. */
export function ancestors(paths: Iterable<string>): Set<string> {
  const found = new Set<string>()
  for (const path of paths)
    // Whose nearest is known has all above it in the set already.
    for (let end = path.lastIndexOf(SEPARATOR); end > 0; end = path.lastIndexOf(SEPARATOR, end - 1)) {
      const ancestor = path.slice(0, end)
      if (found.has(ancestor)) break
      found.add(ancestor)
    }
  return found
}

function order(a: Mailbox, b: Mailbox): number {
  if (a.role === 'inbox' || b.role === 'inbox') return a.role === 'inbox' ? -1 : 1
  return a.path < b.path ? -1 : 1
}

/** CHILDINFO. RFC 9051 §6.3.9.6. */
export const childInfoItem = ({ criteria }: Selection): string =>
  `"CHILDINFO" (${criteria.map((name) => `"${name}"`).join(' ')})`
