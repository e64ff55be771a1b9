import type { EmailCondition, EmailFilter, Id } from '../jmap/types.ts'
import { instantAt } from '../shell/calendar.ts'
import type { Day } from '../shell/calendar.ts'
import { isEverywhere } from './operators.ts'
import type { State } from './operators.ts'
import type { Meaning, Query, TextField } from './parse.ts'

/** What a search is read against: the person's folders, labels and clock. */
export interface Surroundings {
  /** The mailbox of a name as the person or a role calls it. */
  mailbox(name: string): Id | undefined
  /** The keyword of a label of this name. */
  keyword(label: string): string | undefined
  timeZone: string
  /** Mailboxes that are left out unless a folder is named: trash and junk. */
  aside: Id[]
}

/** Where a field of ours stands in JMAP's filter (RFC 8621 §4.4.1, and `attachmentName` of urn:zegel:mail). */
const fields: Record<TextField, string> = {
  text: 'text',
  from: 'from',
  to: 'to',
  cc: 'cc',
  bcc: 'bcc',
  subject: 'subject',
  body: 'body',
  filename: 'attachmentName',
}

const states: Record<State, EmailCondition> = {
  unread: { notKeyword: '$seen' },
  read: { hasKeyword: '$seen' },
  starred: { hasKeyword: '$flagged' },
  answered: { hasKeyword: '$answered' },
  attachment: { hasAttachment: true },
}

/** No letter has both. */
const nothing: EmailFilter = { operator: 'AND', conditions: [{ hasKeyword: '$seen' }, { notKeyword: '$seen' }] }

/** The JMAP filter of a search. A folder or a label that does not exist holds nothing. */
export function filterOfQuery(query: Query, around: Surroundings): EmailFilter {
  const groups = query.map((group) =>
    joined(
      'OR',
      group.map(({ meaning, not }) => {
        const condition = conditionOf(meaning, around)
        return not ? ({ operator: 'NOT', conditions: [condition] } as const) : condition
      }),
    ),
  )
  const hasPlace = query.some((group) => group.some(({ meaning, not }) => meaning.kind === 'folder' && !not))
  if (!hasPlace && around.aside.length > 0) groups.push({ inMailboxOtherThan: around.aside })
  return joined('AND', groups)
}

type Of<Kind> = Extract<Meaning, { kind: Kind }>

/** What each kind of term asks of a letter. */
const conditions: { [Kind in Meaning['kind']]: (meaning: Of<Kind>, around: Surroundings) => EmailFilter } = {
  text: ({ field, value }) => ({ [fields[field]]: value }),
  folder({ name }, around) {
    if (isEverywhere(name)) return {}
    const id = around.mailbox(name)
    return id === undefined ? nothing : { inMailbox: id }
  },
  label({ name }, around) {
    const keyword = around.keyword(name)
    return keyword === undefined ? nothing : { hasKeyword: keyword }
  },
  state: ({ state }) => states[state],
  size: ({ than, bytes }) => (than === 'larger' ? { minSize: bytes } : { maxSize: bytes }),
  dates({ from, to }, { timeZone }) {
    const start = (day: Day) => `${instantAt(day, '00:00', timeZone).toISOString().slice(0, 19)}Z`
    return {
      ...(from !== undefined && { after: start(from) }),
      ...(to !== undefined && { before: start(to) }),
    }
  },
}

function conditionOf(meaning: Meaning, around: Surroundings): EmailFilter {
  const condition = conditions[meaning.kind] as (meaning: Meaning, around: Surroundings) => EmailFilter
  return condition(meaning, around)
}

function joined(operator: 'AND' | 'OR', conditions: EmailFilter[]): EmailFilter {
  const given = operator === 'AND' ? conditions.filter((one) => Object.keys(one).length > 0) : conditions
  return given.length === 1 && given[0] ? given[0] : given.length === 0 ? {} : { operator, conditions: given }
}
