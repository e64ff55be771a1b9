import { readAttributes, type Attribute } from '../fetch/attributes.ts'
import { BadCommand } from '../input/bad-command.ts'
import type { Input } from '../input/input.ts'
import { normalPath, SEPARATOR, type Mailbox } from '../mailboxes/paths.ts'
import { Declined } from '../reply.ts'

/** What can be told of a mailbox. RFC 5465 §5. */
export const EVENTS = [
  'MessageNew',
  'MessageExpunge',
  'FlagChange',
  'MailboxName',
  'SubscriptionChange',
  'MailboxMetadataChange',
  'ServerMetadataChange',
] as const
export type Event = (typeof EVENTS)[number]

const OF_MESSAGES = new Set<Event>(['MessageNew', 'MessageExpunge', 'FlagChange'])

/** Which mailboxes, apart from the selected one. RFC 5465 §6. */
type Filter = (mailbox: Mailbox) => boolean

export interface Group {
  holds: Filter
  events: ReadonlySet<Event>
}

/** What a client wants to be told of the selected mailbox. */
export interface SelectedWish {
  events: ReadonlySet<Event>
  /** Of each new message. */
  attributes: Attribute[]
  /** What has gone is told at the next command only. */
  isDelayed: boolean
}

export interface Wishes {
  /** Whether the state of the other mailboxes is told at once. */
  status: boolean
  /** Undefined: nothing is told of it. */
  selected: SelectedWish | undefined
  groups: Group[]
}

const MOST_GROUPS = 100

const WHICH: Readonly<Record<string, (input: Input, utf8: boolean) => Filter>> = {
  // Mail may be filed into any of them.
  INBOXES: () => () => true,
  PERSONAL: () => () => true,
  SUBSCRIBED:
    () =>
    ({ isSubscribed }) =>
      isSubscribed,
  SUBTREE(input, utf8) {
    const tops = readNames(input, utf8)
    return ({ path }) => tops.some((top) => path === top || path.startsWith(`${top}${SEPARATOR}`))
  },
  MAILBOXES(input, utf8) {
    const names = new Set(readNames(input, utf8))
    return ({ path }) => names.has(path)
  },
}

/** notify = "NOTIFY" SP (notify-set / notify-none). RFC 5465 §8. @returns undefined for NONE */
export function readWishes(input: Input, utf8: boolean): Wishes | undefined {
  input.space()
  if (input.accept('NONE')) {
    input.end()
    return undefined
  }
  input.expect('SET')
  const status = input.accept(' STATUS')
  const wishes: Wishes = { status, selected: undefined, groups: [] }
  do {
    input.space()
    if (wishes.groups.length >= MOST_GROUPS) throw new Declined('That is too much to watch', 'NOTIFICATIONOVERFLOW')
    input.group(() => readGroup(input, utf8, wishes))
  } while (!input.isAtEnd)
  return wishes
}

function readGroup(input: Input, utf8: boolean, wishes: Wishes): void {
  const which = input.word()
  if (which === 'SELECTED' || which === 'SELECTED-DELAYED') {
    if (wishes.selected !== undefined) throw new BadCommand('The selected mailbox is named twice')
    const { events, attributes } = readEvents(input)
    if ([...events].some((event) => !OF_MESSAGES.has(event)))
      throw new BadCommand('Of the selected mailbox only messages are told')
    wishes.selected = { events, attributes, isDelayed: which === 'SELECTED-DELAYED' }
    return
  }
  const filter = Object.hasOwn(WHICH, which) ? WHICH[which] : undefined
  if (filter === undefined) throw new BadCommand('Which mailboxes is not understood')
  const holds = filter(input, utf8)
  wishes.groups.push({ holds, events: readEvents(input).events })
}

/** one-or-more-mailbox = mailbox / "(" mailbox *(SP mailbox) ")". */
function readNames(input: Input, utf8: boolean): string[] {
  input.space()
  const read = (): string => normalPath(input.mailbox(), utf8)
  return input.peek() === '(' ? input.list(read) : [read()]
}

/** events = "(" event *(SP event) ")" / "NONE"; of MessageNew what is to be sent may follow. */
function readEvents(input: Input): { events: Set<Event>; attributes: Attribute[] } {
  input.space()
  const events = new Set<Event>()
  const attributes: Attribute[] = []
  if (input.accept('NONE')) return { events, attributes }
  const read = (): void => {
    const word = input.word()
    const event = EVENTS.find((name) => name.toUpperCase() === word)
    // RFC 5465 §3.1: what is not known here is declined, and not wrong.
    if (event === undefined) throw new Declined('That is not told here', `BADEVENT (${EVENTS.join(' ')})`)
    events.add(event)
    if (event === 'MessageNew' && input.accept(' (')) {
      attributes.push(...readAttributes(input.behind('(')))
    }
  }
  if (input.peek() === '(') input.list(read)
  else
    do read()
    while (input.accept(' '))
  if (events.has('MessageNew') !== events.has('MessageExpunge'))
    throw new BadCommand('MessageNew and MessageExpunge go together')
  if (events.has('FlagChange') && !events.has('MessageNew'))
    throw new BadCommand('FlagChange goes with MessageNew and MessageExpunge')
  if (attributes.some((one) => 'setsSeen' in one && one.setsSeen))
    throw new BadCommand('What is told must not mark as seen')
  return { events, attributes }
}
